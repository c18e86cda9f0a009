// One editor for each layer, its tab, its problem line, and what differs from the repository.
import { createEditor } from "../editors.js";
import { element, show } from "./elements.js";
import { isBlank } from "./expressions.js";
import { replacesPlainly } from "./typing.js";

/**
 * @param {{root: Element, given: object[], onChange: () => void, onRun: () => void, context: () => object}} options
 *   `given`: the layers of the page's data; without any, one expression by itself, whose layer is null
 */
export function createLayers({ root, given, onChange, onRun, context }) {
  const all = (given.length ? given : [{ layer: null, expression: "", dropped: false }]).map((said) => {
    const name = said.layer ?? "";
    const problem = root.querySelector(`[data-problem="${name}"]`);
    const box = root.querySelector(`[data-switch="${name}"]`);
    const made = { layer: said.layer, name, original: said.expression, isDropped: said.dropped, isOff: false, problem };
    made.editor = createEditor(root.querySelector(`[data-editor="${name}"]`), {
      doc: said.expression,
      language: "jsonata",
      readOnly: said.dropped,
      extensions: replacesPlainly,
      label: name ? `Expression of the ${name} layer` : "Expression",
      placeholder: name === "account" ? 'For example: { "tier": response.Tier__c }' : "",
      onChange,
      onRun,
      context,
    });
    box?.addEventListener("change", () => {
      made.isOff = !box.checked;
      onChange();
    });
    made.setOff = (isOff) => {
      made.isOff = isOff;
      if (box) box.checked = !isOff;
    };
    return made;
  });

  const byName = (name) => all.find((each) => each.name === (name ?? "")) ?? all[0];
  const speaking = (text, each) => !each.isDropped && !isBlank(text);

  return {
    all,
    byName,
    isEdited: (each) => each.editor.getText() !== each.original,
    /** What is evaluated now; `everyone`: as if no layer were left out. */
    wanted: ({ everyone = false } = {}) =>
      all
        .map((each) => [each, each.editor.getText()])
        .filter(([each, text]) => speaking(text, each) && (everyone || !each.isOff))
        .map(([each, text]) => ({ layer: each.layer, expression: text })),
    /** What the repository has. */
    original: () =>
      all.filter((each) => speaking(each.original, each)).map((each) => ({ layer: each.layer, expression: each.original })),
    leftOut: () => all.filter((each) => each.isOff),
    texts: () => all.map((each) => ({ layer: each.name, expression: each.editor.getText(), enabled: !each.isOff })),
    setTexts: (texts) => {
      for (const { layer, expression, enabled } of texts) {
        const each = all.find((one) => one.name === (layer ?? ""));
        if (!each) continue;
        if (each.editor.getText() !== expression) each.editor.setText(expression);
        each.setOff(enabled === false);
      }
    },
    /** `faults`: by layer name. A layer without one has its underline and its sentence taken away. */
    setFaults: (faults) => {
      for (const each of all) tell(each, faults.get(each.name) ?? null);
    },
  };
}

function tell(each, fault) {
  each.editor.setFaults(fault ? [fault] : []);
  show(each.problem, fault !== null);
  if (!fault) return each.problem.replaceChildren();
  each.problem.replaceChildren(...sentence(fault, () => each.editor.select(fault.position, fault.position + [...(fault.token ?? "")].length)));
}

/** A fault's sentence, with its place as a button that goes there. */
export function sentence(fault, onGo) {
  const place = fault.position === null || fault.position === undefined ? null : `Line ${fault.line}, column ${fault.column}`;
  return [
    place ? element("button", { type: "button", class: "pg-place", click: onGo }, place) : null,
    element("span", {}, `${place ? " " : ""}${fault.message}`),
    element("span", { class: "pg-code quiet" }, ` ${fault.code}`),
  ].filter(Boolean);
}
