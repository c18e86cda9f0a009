// What the buttons do.
import { announce } from "../../js/announce.js";
import { prettyJson } from "../json.js";
import { withField } from "./fields.js";
import { copied } from "./note.js";

const UNTIL_THERE = 600; // ms after which the browser's own answer is on the page

/**
 * @param {{root: Element, desk: object, view: object, reference: object, sharing: object, saving: ?object, tell: Function, touch: () => void}} parts
 * @returns {{[name: string]: () => void}} by the value of `data-do`
 */
export function createActions({ root, desk, view, reference, sharing, saving, tell, touch }) {
  const said = root.querySelector("[data-said]");

  async function format() {
    const { editor } = desk.opened();
    const before = editor.getText();
    const made = await reference.format(before);
    if (editor.getText() !== before) return; // the person went on typing
    said.textContent = made.refused ?? (made.text === before ? "It is formatted already." : "");
    if (made.text === undefined || made.text === before) return;
    editor.setText(made.text);
    announce("Formatted.");
    touch();
  }

  function reset() {
    const { editor, original, name } = desk.opened();
    const typed = editor.getText();
    editor.setText(original);
    touch();
    tell(`The ${name} layer is as in the repository again.`, "Undo", () => {
      editor.setText(typed);
      touch();
      editor.focus();
    });
    root.querySelector("[data-note] button").focus();
  }

  async function copy() {
    const shown = view.shown();
    if (!shown || !("result" in shown)) return;
    await copied(root.querySelector("[data-do=copy]"), prettyJson(shown.result));
  }

  const copyExpression = () => copied(root.querySelector("[data-do=copyExpression]"), desk.opened().editor.getText());

  function resetInput() {
    desk.resetInput();
    touch();
    tell("The input is as it came again.");
  }

  function save() {
    const settled = view.settled();
    const { input, bindings } = desk.known();
    const reason = unsaved(desk, view, input);
    if (reason) return tell(reason);
    return saving.open({ input, bindings: bindings ?? {}, expected: settled.answer.output.result, isEdited: desk.isEdited(), changed: desk.changed() });
  }
  return { format, reset, resetInput, copy, copyExpression, save, share: () => sharing.open() };
}

/** Why there is nothing yet to make a test of; empty when there is. */
function unsaved(desk, view, input) {
  const settled = view.settled();
  if (desk.layers.leftOut().length) return "Switch every layer on first: a test holds the whole mapping.";
  if (view.refusal()) return `There is no answer of the server to keep. ${view.refusal()}`;
  if (!settled) return "The server has not answered yet: a test holds its answer.";
  if (!("result" in settled.answer.output) || input === undefined) return "There is no result to expect, so there is nothing to test.";
  return "";
}

/** Puts a field of the sample into the layer that is open. */
export function addField({ desk, tell, touch }, key, path) {
  const { editor, name } = desk.opened();
  const made = withField(editor.getText(), key, path);
  if (!made) {
    editor.insert(path);
    return tell(`This expression does not end in an object, so ${path} stands at the cursor.`);
  }
  if ("has" in made) {
    editor.select(made.has);
    return tell(`${key} is set here already; change it where the cursor is.`);
  }
  editor.setText(made.text);
  editor.select(made.at, made.at + made.length);
  touch();
  const words = `${key} is added${name ? ` to the ${name} layer` : ""}.`;
  // In one column the result is out of sight.
  if (matchMedia("(min-width: 992px)").matches) return tell(words);
  const result = () => document.querySelector(".pg-leaf:is(.is-added, .is-changed)") ?? document.querySelector("[data-changes]");
  const see = () => result().scrollIntoView({ block: "center" });
  setTimeout(see, UNTIL_THERE);
  return tell(words, "See the result", see);
}
