// What lies on the desk: the layers' expressions, the input, the bindings, and the tabs that show them.
import { createEditor } from "../editors.js";
import { parseJson } from "../json.js";
import { show } from "./elements.js";
import { isBlank } from "./expressions.js";
import { createLayers, sentence } from "./layers.js";
import { createTabs } from "./tabs.js";
import { replacesPlainly } from "./typing.js";

const LABELS = { input: "Input, as JSON", bindings: "Bindings, as JSON" };

/** @param {{root: Element, data: object, onChange: () => void, onRun: () => void, onTab: () => void}} options */
export function createDesk({ root, data, onChange, onRun, onTab }) {
  const isOfLayers = data.layers.length > 0;
  let came = {}; // the input and bindings of the sample or example that was chosen
  let known = {}; // the last input and bindings that were JSON

  const layers = createLayers({ root, given: data.layers, onChange, onRun, context: () => known });
  const jsonEditor = (name) =>
    createEditor(root.querySelector(`[data-editor-json="${name}"]`), { language: "json", label: LABELS[name], onChange, onRun, extensions: replacesPlainly });
  const json = { input: jsonEditor("input"), bindings: jsonEditor("bindings") };
  const tabs = (name, onChoose) => createTabs(root.querySelector(`[data-tabs="${name}"]`), root, onChoose);
  const givenTabs = tabs("given");
  const layerTabs = isOfLayers ? tabs("layers", onTab) : null;
  const opened = () => layers.byName(layerTabs?.chosen() ?? "");
  const isEdited = () => layers.all.some((each) => !each.isDropped && layers.isEdited(each));

  /** Texts into the editors; what is not given stays as it is. */
  const setState = (said) => {
    if (said.layers && isOfLayers) layers.setTexts(said.layers);
    else if (typeof said.expression === "string") opened().editor.setText(said.expression);
    for (const name of ["input", "bindings"]) if (typeof said[name] === "string") json[name].setText(said[name]);
  };

  const isInputEdited = () => ["input", "bindings"].some((name) => typeof came[name] === "string" && json[name].getText() !== came[name]);

  return {
    isOfLayers,
    isInputEdited,
    /** What the chosen sample says; the texts in the editors may differ from it. */
    setSample: ({ input, bindings }) => (came = { input, bindings }),
    resetInput: () => setState(came),
    /** The layers that differ from the repository, each with the file it came from where there is one. */
    changed: () =>
      layers.all
        .filter((each) => !each.isDropped && layers.isEdited(each))
        .map((each) => ({ layer: each.name, expression: each.editor.getText(), source: root.querySelector(`[data-panel="${each.name}"]`)?.dataset.source ?? "" })),
    layers,
    givenTabs,
    layerTabs,
    opened,
    isEdited,
    setState,
    known: () => known,
    state: () => ({
      ...(isOfLayers ? { layers: layers.texts() } : { expression: opened().editor.getText() }),
      input: json.input.getText(),
      bindings: json.bindings.getText(),
      context: data.context,
    }),
    /** What is to be evaluated, and with what its result is compared: see judge.js. */
    moment: () => {
      const given = { wanted: layers.wanted(), input: json.input.getText(), bindings: json.bindings.getText() };
      const leftOut = layers.leftOut().map((each) => each.name);
      if (leftOut.length) {
        const against = `Without the ${leftOut.join(" and ")} layer${leftOut.length > 1 ? "s" : ""}`;
        return { ...given, before: layers.wanted({ everyone: true }), against };
      }
      if (isOfLayers && isEdited()) return { ...given, before: layers.original(), against: "Compared with the repository" };
      return { ...given, before: null, against: "" };
    },
    /** Everything as the repository has it. */
    reset: () => {
      for (const each of layers.all) {
        each.editor.setText(each.original);
        each.setOff(false);
      }
    },
    jsonProblem: (name, fault) => {
      const box = root.querySelector(`[data-problem="${name}"]`);
      box.replaceChildren(...(fault ? sentence(fault, () => json[name].select(fault.position)) : []));
      show(box, fault !== null);
      givenTabs.note(name, fault ? "!" : "");
    },
    /** What follows from the texts: the marks on the tabs, and what completion proposes. */
    refresh: () => {
      const [input, bindings] = [parseJson(json.input.getText()), parseJson(json.bindings.getText())];
      known = { input: input.fault ? known.input : input.value, bindings: bindings.fault ? known.bindings : bindings.value };
      for (const each of layers.all) {
        const note = each.isDropped ? "dropped" : layers.isEdited(each) ? "edited" : isBlank(each.original) ? "empty" : "";
        layerTabs?.note(each.name, note);
      }
      show(root.querySelector("[data-input-edited]"), isInputEdited());
    },
  };
}
