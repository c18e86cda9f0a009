// The built-in functions: what completion proposes and what the list beside the editors shows.
import catalogue from "./functions.json" with { type: "json" };
import { element } from "./page/elements.js";

/** @typedef {{name: string, signature: string, group: string, help: string, example: string, gives: string}} Builtin */

/** @type {Builtin[]} */
export const FUNCTIONS = catalogue;
export const GROUPS = [...new Set(FUNCTIONS.map(({ group }) => group))];

/** @param {string} query words of names and helps; those whose name begins with it come first */
export function findFunctions(query) {
  const words = query.toLowerCase().replaceAll("$", "").split(/\s+/).filter(Boolean);
  const found = FUNCTIONS.filter(({ name, help }) => words.every((word) => `${name} ${help}`.toLowerCase().includes(word)));
  const starts = ({ name }) => (words.length && name.toLowerCase().startsWith(words[0]) ? 0 : 1);
  return words.length ? found.sort((a, b) => starts(a) - starts(b)) : found;
}

/**
 * A searchable list in `container`; each function is a button.
 * @param {Element} container
 * @param {{onPick: (builtin: Builtin) => void}} options
 */
export function renderFunctionList(container, { onPick }) {
  const search = element("input", { type: "search", class: "form-control pg-functions-search", placeholder: "Find a function…", "aria-label": "Find a function", autocomplete: "off", spellcheck: "false" });
  const list = element("div", { class: "pg-functions-list" });
  const status = element("p", { class: "visually-hidden", role: "status" });
  const draw = () => {
    const found = findFunctions(search.value);
    const groups = GROUPS.map((group) => [group, found.filter((each) => each.group === group)]).filter(([, members]) => members.length);
    list.replaceChildren(...(groups.length ? groups.flatMap(([group, members]) => section(group, members, onPick)) : [none(search.value)]));
    status.textContent = search.value.trim() ? `${found.length} functions` : "";
  };
  search.addEventListener("input", draw);
  const root = element("div", { class: "pg-functions" }, search, list, status);
  container.replaceChildren(root);
  draw();
  return { destroy: () => root.remove() };
}

function section(group, members, onPick) {
  const buttons = members.map((each) =>
    element("li", {},
      element("button", { type: "button", class: "pg-function", title: `Use $${each.name} at the cursor, or around what is selected`, click: () => onPick(each) },
        element("span", { class: "pg-function-signature" }, each.signature),
        element("span", { class: "pg-function-help" }, each.help),
        element("span", { class: "pg-function-example" }, `${each.example} → ${each.gives}`))),
  );
  return [element("h3", { class: "pg-functions-group" }, group), element("ul", { class: "pg-functions-members" }, ...buttons)];
}

const none = (query) => element("p", { class: "pg-functions-none quiet" }, `No function has “${query.trim()}” in its name or help.`);
