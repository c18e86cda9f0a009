// The fields of the sample, those first that no layer reads yet; "Use" puts one into the layer that is open.
import { element, plural } from "./elements.js";
import { isBlank, withoutComments } from "./expressions.js";
import { isObject } from "./merge.js";

const MOST = 400;
const EXCERPT = 48; // characters of a value
const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/;
const RESERVED = new Set(["and", "or", "in", "true", "false", "null", "function"]);

/** @returns {{path: string, name: string, value: any}[]} as JSONata writes the paths; lists are gone through */
export function fieldsOf(input) {
  const found = new Map();
  const walk = (value, names) => {
    if (found.size >= MOST) return;
    if (Array.isArray(value) && value.some(isObject)) value.filter(isObject).forEach((item) => walk(item, names));
    else if (isObject(value) && Object.keys(value).length) Object.keys(value).forEach((key) => walk(value[key], [...names, key]));
    else if (names.length && !found.has(names.join("\0"))) found.set(names.join("\0"), { path: names.map(quoted).join("."), name: names.at(-1), value });
  };
  walk(input, []);
  return [...found.values()];
}

const quoted = (name) => (PLAIN.test(name) && !RESERVED.has(name) ? name : `\`${name}\``);

/** What was typed as the path of a field that the sample may lack, `response` in front where the input has it; null where it is none. */
export function typedPath(typed, input) {
  const names = typed.trim().split(".");
  if (!names.every((name) => PLAIN.test(name))) return null;
  const isWhole = !isObject(input) || !Object.hasOwn(input, "response") || Object.hasOwn(input, names[0]);
  const path = (isWhole ? names : ["response", ...names]).map(quoted).join(".");
  return { path, name: names.at(-1), value: undefined };
}

/** Whether one of the texts names the field, other than as a text of its own: keys of the result have such names too. */
const isNamed = (name, texts) => {
  const word = new RegExp(`(?<![A-Za-z0-9_"'])${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![A-Za-z0-9_"'])`);
  return texts.some((text) => word.test(text));
};

/** `MobilePhone` and `Mobile_Phone__c` are `mobile_phone`. */
export const unifiedName = (name) =>
  name.replace(/__[a-z]$/, "").replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "").toLowerCase() || "field";

/**
 * The expression with one more field, or null where its end is not the end of an object.
 * @returns {?{text: string, at: number, length: number} | {has: number}} `at`: code points to the new entry's value; `has`: it is there
 */
export function withField(text, key, path) {
  const entry = `${JSON.stringify(key)}: ${path}`;
  const put = (head) => ({ text: `${head}${entry}\n}\n`, at: [...head, ...entry].length - [...path].length, length: [...path].length });
  if (isBlank(text)) {
    const before = text.trim() ? `${text.trimEnd()}\n` : "";
    return put(`${before}{\n  `);
  }
  const there = text.search(new RegExp(`"${key.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}"\\s*:`));
  if (there >= 0) return { has: [...text.slice(0, there)].length };
  const whole = text.trimEnd();
  if (!whole.endsWith("}") || !withoutComments(text).startsWith("{")) return null;
  const body = whole.slice(0, -1).trimEnd();
  return put(`${body}${body.endsWith("{") ? "" : ","}\n  `);
}

/** @param {{container: Element, unified: {name: string, type: string, about: string}[], add: (key: string, path: string) => void, target: () => string}} options */
export function createFields({ container, unified, add, target }) {
  const search = element("input", { class: "form-control", type: "search", placeholder: "Find a field or a value", "aria-label": "Find a field of the sample", input: () => draw() });
  const count = element("p", { class: "quiet pg-fields-count", role: "status" });
  const list = element("div", { class: "pg-fields-list" });
  const names = element("datalist", { id: "pg-unified" }, ...unified.map((field) => element("option", { value: field.name }, field.about.slice(0, 80))));
  container.replaceChildren(element("div", { class: "pg-fields-head" }, search, count), list, names);
  let known = { input: undefined, texts: [] };
  let open = "";

  const passes = (field) => {
    const wanted = search.value.trim().toLowerCase();
    return !wanted || field.path.toLowerCase().includes(wanted) || excerpt(field.value).toLowerCase().includes(wanted);
  };

  const row = (field, isUsed) => {
    const isOpen = open === field.path;
    const use = element("button", {
      class: "btn btn-sm", type: "button", "aria-expanded": String(isOpen), "aria-label": `Use ${field.path}`,
      click: () => {
        open = isOpen ? "" : field.path;
        draw();
        list.querySelector(isOpen ? `[data-path="${CSS.escape(field.path)}"] button` : ".pg-use input")?.focus();
      },
    }, "Use");
    return element("li", { class: `pg-field-row${isUsed ? " is-used" : ""}`, "data-path": field.path },
      element("code", { class: "pg-field-path" }, field.path),
      element("code", { class: "value pg-field-value" }, excerpt(field.value)), use, isOpen ? form(field) : null);
  };

  const form = (field) => {
    const guess = unifiedName(field.name);
    const close = unified.find((each) => each.name === guess)?.name ?? guess;
    const input = element("input", { class: "form-control mono", list: "pg-unified", value: close, spellcheck: "false", autocomplete: "off", required: true, "aria-label": "Unified field to fill" });
    const hint = element("p", { class: "quiet" });
    const tell = () => {
      const said = unified.find((each) => each.name === input.value.trim());
      hint.textContent = said ? [said.type, said.about].filter(Boolean).join(": ") : unified.length ? "The unified schema has no field of this name." : "";
    };
    input.addEventListener("input", tell);
    tell();
    return element("form", {
      class: "pg-use",
      submit: (event) => {
        event.preventDefault();
        open = "";
        if (field.value === undefined) search.value = "";
        draw();
        add(input.value.trim(), field.path);
      },
      keydown: (event) => {
        if (event.key !== "Escape") return;
        open = "";
        draw();
        list.querySelector(`[data-path="${CSS.escape(field.path)}"] button`)?.focus();
      },
    }, element("label", { class: "pg-field" }, element("span", {}, "Unified field to fill"), input), element("button", { class: "btn btn-primary", type: "submit" }, `Add to ${target()}`), hint);
  };

  const group = (title, fields, isUsed) =>
    fields.length ? [element("h3", { class: "pg-fields-title" }, title, element("span", { class: "quiet" }, ` ${fields.length}`)), element("ul", { class: "pg-fields-rows" }, ...fields.map((field) => row(field, isUsed)))] : [];

  /** A field that the sample lacks may be wanted none the less. */
  const missing = () => {
    const field = typedPath(search.value, known.input);
    if (!field) return [];
    const isOpen = open === field.path;
    const use = element("button", {
      class: "btn btn-sm", type: "button", "aria-expanded": String(isOpen),
      click: () => {
        open = isOpen ? "" : field.path;
        draw();
        list.querySelector(isOpen ? "button" : ".pg-use input")?.focus();
      },
    }, `Use ${field.path} all the same`);
    return [element("div", { "data-path": field.path }, use, isOpen ? form(field) : null)];
  };

  function draw() {
    const all = fieldsOf(known.input);
    const shown = all.filter(passes);
    const used = new Set(shown.filter((field) => isNamed(field.name, known.texts)));
    count.textContent = shown.length ? plural(shown.length, "field") : all.length ? "Not in this sample." : "";
    list.replaceChildren(
      ...(all.length ? [] : [element("p", { class: "quiet" }, "The input has no fields yet: give it some under Input.")]),
      ...(all.length && !shown.length ? missing() : []),
      ...group("Not used yet", shown.filter((field) => !used.has(field)), false),
      ...group("Used by a layer", shown.filter((field) => used.has(field)), true),
    );
  }
  return {
    /** Draws anew only when something that it shows has changed. */
    update: (input, texts) => {
      if (list.contains(document.activeElement) && document.activeElement.matches("input")) return; // someone types there
      known = { input, texts };
      draw();
    },
  };
}

function excerpt(value) {
  const text = JSON.stringify(value) ?? "";
  return text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text;
}
