// The editors of the playground: CodeMirror with our lexer, our completion and our looks.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, insertBracket, insertCompletionText, pickedCompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, indentService, indentUnit } from "@codemirror/language";
import { linter, setDiagnostics } from "@codemirror/lint";
import { search, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState, Prec, Transaction } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { completeAt } from "./completion.js";
import { highlighting } from "./highlighting.js";
import { jsonProblem } from "./json.js";
import { looks } from "./looks.js";
import { unitAt } from "./positions.js";
import { inputsOf, wrapAt } from "./wrap.js";

const STEP = "  ";
const JSON_PAUSE = 400; // ms of not typing before JSON is checked
const byProgram = Annotation.define();

/** A line is indented by the brackets that are open before it. */
const indentation = indentService.of((context, position) => {
  const before = context.state.doc.sliceString(0, position);
  const line = context.lineAt(position);
  const closes = /^\s*[)\]}]/.test(line.text) ? 1 : 0;
  return Math.max(0, openBrackets(before) - closes) * STEP.length;
});

/** How many lines of brackets are open at the end of the text: `({` in one line counts once. */
function openBrackets(text) {
  const open = [];
  let line = 0;
  let quote = "";
  for (let index = 0; index < text.length; index += 1) {
    const sign = text[index];
    if (sign === "\n") line += 1;
    else if (quote) {
      if (sign === "\\" && quote !== "`") index += 1;
      else if (sign === quote) quote = "";
    } else if (`"'\``.includes(sign)) quote = sign;
    else if ("([{".includes(sign)) open.push(line);
    else if (")]}".includes(sign)) open.pop();
  }
  return new Set(open).size;
}

const LANGUAGE_DATA = EditorState.languageData.of(() => [
  { commentTokens: { block: { open: "/*", close: "*/" } }, closeBrackets: { brackets: ["(", "[", "{", '"', "'", "`"] } },
]);

/** A function that was chosen has its brackets, and the cursor between them; a bracket that is there already is entered. */
function applyFunction(view, completion, from, to) {
  const { label } = completion;
  view.dispatch({ ...insertCompletionText(view.state, label, from, to), annotations: pickedCompletion.of(completion) });
  const at = view.state.selection.main.head;
  if (view.state.sliceDoc(at, at + 1) === "(") return view.dispatch({ selection: { anchor: at + 1 } });
  // As when it is typed, so that the closing one can be typed over.
  view.dispatch(insertBracket(view.state, "(") ?? { changes: { from: at, insert: "()" }, selection: { anchor: at + 1 } });
  return inputsOf(label.slice(1)).length ? undefined : view.dispatch({ selection: { anchor: at + 2 } });
}

function languageOf({ language, context }) {
  if (language === "json") return [linter((view) => diagnosticsOf(view.state, [jsonProblem(view.state.doc.toString())]), { delay: JSON_PAUSE })];
  const source = ({ state, pos, explicit }) => {
    const found = completeAt(state.doc.toString(), pos, context?.() ?? {});
    // Unasked, nothing is proposed where nothing was begun: that would be in the way of Enter.
    if (!found || (!explicit && found.from === pos && state.sliceDoc(pos - 1, pos) !== ".")) return null;
    return { ...found, options: found.options.map((option) => (option.type === "function" ? { ...option, apply: applyFunction } : option)), validFor: /^[$\p{L}\p{N}_]*$/u };
  };
  return [autocompletion({ override: [source], icons: false, closeOnBlur: true })];
}

/** @param {(object | null)[]} faults as the server tells them */
function diagnosticsOf(state, faults) {
  const text = state.doc.toString();
  return faults
    .filter((fault) => fault && Number.isInteger(fault.position))
    .map((fault) => {
      const from = unitAt(text, fault.position);
      const to = unitAt(text, fault.position + Math.max(1, [...(fault.token ?? "")].length));
      // Behind the last character there is nothing to underline: the last one bears it.
      return { from: from === to ? Math.max(0, from - 1) : from, to, severity: "error", message: fault.message };
    });
}

/**
 * @param {Element} parent
 * @param {{doc?: string, language: "jsonata"|"json", label: string, onChange?: (text: string) => void, onRun?: () => void,
 *   readOnly?: boolean, placeholder?: string, extensions?: any[], context?: () => {input?: any, bindings?: object}}} options
 *   `onChange` tells of a person's edits alone; Ctrl- or Cmd-Enter calls `onRun`
 */
export function createEditor(parent, { doc = "", label, onChange, onRun, readOnly = false, placeholder: hint = "", extensions = [], ...rest }) {
  const named = (name) => EditorView.contentAttributes.of({ "aria-label": name, spellcheck: "false", autocorrect: "off", autocapitalize: "off" });
  const lock = (isLocked) => [EditorState.readOnly.of(isLocked), EditorView.contentAttributes.of(isLocked ? { "aria-readonly": "true" } : {})];
  const run = () => {
    onRun?.();
    return true;
  };
  const listen = EditorView.updateListener.of(({ docChanged, state, transactions }) => {
    if (docChanged && !transactions.every((each) => each.annotation(byProgram))) onChange?.(state.doc.toString());
  });
  const state = EditorState.create({
    doc,
    extensions: [
      Prec.highest(keymap.of([{ key: "Mod-Enter", run }])),
      lineNumbers(),
      history(),
      drawSelection(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      bracketMatching(),
      closeBrackets(),
      search({ top: true }),
      indentation,
      indentUnit.of(STEP),
      EditorState.tabSize.of(STEP.length),
      // Tab is not among them: it leaves the editor, as everywhere else on the page.
      keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap]),
      EditorView.lineWrapping,
      LANGUAGE_DATA,
      highlighting,
      looks,
      listen,
      named(label),
      lock(readOnly),
      hint ? placeholder(hint) : [],
      languageOf(rest),
      extensions,
    ],
  });
  const view = new EditorView({ state, parent });
  const text = () => view.state.doc.toString();
  return {
    view,
    getText: text,
    setText(next, { keepUndo = true } = {}) {
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: next },
        annotations: [byProgram.of(true), Transaction.addToHistory.of(keepUndo)],
      });
    },
    focus: () => view.focus(),
    setFaults: (faults) => view.dispatch(setDiagnostics(view.state, diagnosticsOf(view.state, faults))),
    /** Code points, as the server counts. */
    select(position, end = position) {
      const [anchor, head] = [unitAt(text(), position), unitAt(text(), end)];
      view.dispatch({ selection: { anchor, head }, scrollIntoView: true });
      view.focus();
    },
    insert(piece) {
      view.dispatch(view.state.replaceSelection(piece), { scrollIntoView: true });
      view.focus();
    },
    /** The function around what is selected or at the cursor. */
    wrap(name) {
      if (view.state.readOnly) return;
      const { from, to } = view.state.selection.main;
      const { change, selection } = wrapAt(text(), from, to, name);
      view.dispatch({ changes: change, selection, scrollIntoView: true, userEvent: "input.complete" });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}
