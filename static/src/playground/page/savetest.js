// Save as test: the sample file as it would stand in the repository, with obvious personal data replaced.
import { redactTogether } from "../redact.js";
import { download, element, plural, show } from "./elements.js";
import { spoken } from "./merge.js";
import { confirm } from "./note.js";
import { asYaml } from "./yaml.js";

const DOCUMENTS = ["input", "bindings", "expected"];

/**
 * @param {{dialog: HTMLDialogElement, context: object}} options
 * @returns {{open: (given: {input: any, bindings: object, expected: any, isEdited: boolean, changed: {layer, expression, source}[]}) => void}}
 */
export function createSaveTest({ dialog, context }) {
  const part = (name) => dialog.querySelector(`[data-save-${name}]`);
  const [name, text, checked, button, warning, replaced, expressions] = ["name", "text", "checked", "download", "warning", "replaced", "expressions"].map(part);
  const allow = () => (button.disabled = !checked.checked || !name.checkValidity());
  checked.addEventListener("change", allow);
  name.addEventListener("input", allow);
  button.addEventListener("click", () => {
    download(withEnding(name.value), text.value, "application/yaml");
    confirm(button, `Downloaded ${withEnding(name.value)}`);
  });

  const open = ({ input, bindings, expected, isEdited, changed }) => {
    const { values, changes } = redactTogether([input, bindings, expected]);
    text.value = sampleFile(context, ...values);
    name.value = suggested(context);
    checked.checked = false;
    allow();
    replaced.replaceChildren(...tellChanges(changes));
    const sentences = warnings({ isEdited, values: [input, bindings, expected] });
    warning.textContent = sentences.join(" ");
    show(warning, sentences.length > 0);
    expressions.replaceChildren(...handover(changed, context));
    show(expressions, changed.length > 0);
    dialog.showModal();
  };
  return { open };
}

/** The sample file (docs/repository-format.md, samples/). */
export function sampleFile(context, input, bindings, expected) {
  return asYaml({
    mapping: context.mapping,
    part: context.part,
    ...(context.account ? { account: context.account } : {}),
    environment: context.environment,
    input,
    ...(Object.keys(bindings).length ? { bindings } : {}),
    expected,
  });
}

function suggested({ mapping, account, part }) {
  const resource = mapping.split("/")[1];
  return `${[resource, part === "response" ? "" : part.replaceAll("_", "-"), account].filter(Boolean).join("-")}.yaml`;
}

/** The changed expressions, each as the file it belongs into. */
function handover(changed, context) {
  const rows = changed.map((each) => {
    const place = placeOf(each, context);
    const button = element("button", { type: "button", class: "btn btn-sm" }, `Save the ${each.layer} expression`);
    button.addEventListener("click", () => {
      download(place.file.split("/").at(-1), each.expression, "text/plain");
      confirm(button, `Downloaded ${place.file.split("/").at(-1)}`);
    });
    return element("li", {}, button, element("span", { class: "quiet" }, place.words[0], element("code", {}, place.shown), place.words[1]));
  });
  return [
    element("p", {}, element("strong", {}, "Your change. "), "The test alone changes nothing. Send both files to an engineer, or put them into a pull request."),
    element("ul", { class: "pg-handover" }, ...rows),
  ];
}

/** Where an expression belongs: its own file, the file that holds it inline, or a file yet to be made. */
export function placeOf({ layer, source }, { mapping, part, account, integration }) {
  const made = `${mapping.split("/").slice(1).join("_")}${part === "response" ? "" : `_${part}`}.jsonata`;
  if (source.endsWith(".jsonata")) return { file: source, shown: source, words: ["It replaces ", "."] };
  if (source) return { file: made, shown: source, words: ["Its place is named in ", `, for ${mapping}.`] };
  const file = layer === "account" && account ? `customers/${account}/${made}` : made;
  return { file, shown: file, words: ["A new file: ", `, to be named in the ${layer} layer of ${integration}.`] };
}

const withEnding = (name) => (/\.(ya?ml|json)$/.test(name) ? name.replace(/\.json$/, ".yaml") : `${name}.yaml`);

function tellChanges(changes) {
  if (!changes.length) return [element("p", {}, "Nothing looked like personal data. Names, addresses and free text cannot be told from other words: read the file.")];
  const rows = changes.map(({ document, path, kind }) =>
    element("li", {}, element("code", {}, `${DOCUMENTS[document]}${path ? `.${spoken(path)}` : ""}`), ` ${kind}`),
  );
  return [
    element("p", {}, `${plural(changes.length, "value")} that looked personal ${changes.length === 1 ? "was" : "were"} replaced, the same one always by the same. More may be left: read the file.`),
    element("details", { class: "pg-replaced" }, element("summary", {}, "What was replaced"), element("ul", {}, ...rows)),
  ];
}

function warnings({ isEdited, values }) {
  return [
    isEdited ? "You have changed an expression: the test fails until the same change is in the repository." : "",
    values.some(hasLargeNumber) ? "A number is larger than JavaScript keeps exactly; correct it in the file." : "",
  ].filter(Boolean);
}

function hasLargeNumber(value) {
  if (typeof value === "number") return Number.isInteger(value) && !Number.isSafeInteger(value);
  return typeof value === "object" && value !== null && Object.values(value).some(hasLargeNumber);
}
