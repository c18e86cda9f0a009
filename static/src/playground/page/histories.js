// The history menu: what was run in this browser. An entry of another mapping opens on that mapping's page.
import { createHistory } from "../history.js";
import { encodeState } from "../share.js";
import { element } from "./elements.js";
import { isBlank } from "./expressions.js";

const SHOWN = 25;
const EXCERPT = 120;
const LEAD = 24; // characters before the place at which an entry differs from the one before it

/** The browser's storage, where each person has their own. */
const storageOf = (person) => ({
  getItem: (key) => localStorage.getItem(`${key}:${person}`),
  setItem: (key, value) => localStorage.setItem(`${key}:${person}`, value),
  removeItem: (key) => localStorage.removeItem(`${key}:${person}`),
});

/** @returns {{add: (state: object) => void}} `restore` is given an entry of this page; `addressOf` makes another page's */
export function createHistories({ menu, person, context, restore, addressOf }) {
  const history = createHistory({ storage: storageOf(person) });
  const list = menu.querySelector(".pg-history");
  const isHere = (entry) => ["account", "integration", "environment", "mapping", "part"].every((name) => (entry.context?.[name] ?? "") === (context[name] ?? ""));

  const open = async (entry) => {
    menu.open = false;
    if (isHere(entry)) {
      restore(entry);
      menu.querySelector("summary").focus();
      return;
    }
    const { fragment } = await encodeState(entry);
    location.assign(`${addressOf(entry.context ?? {})}#${fragment}`);
  };

  const draw = () => {
    const entries = history.list().slice(0, SHOWN);
    const rows = entries.map((entry, at) =>
      element("li", {}, element("button", { type: "button", class: "menu-item pg-history-entry", click: () => open(entry) },
        element("code", {}, excerpt(entry, entries[at + 1])),
        element("span", { class: "quiet" }, `${when(entry.when)}${isHere(entry) ? "" : `, ${place(entry.context)}`}`))),
    );
    list.replaceChildren(
      ...(rows.length ? [element("ul", {}, ...rows)] : [element("p", { class: "pg-history-none quiet" }, "Nothing yet. What you run is kept here, in this browser alone.")]),
      ...(rows.length ? [element("button", { type: "button", class: "menu-item", click: () => { history.clear(); draw(); } }, "Clear the history")] : []),
    );
  };
  menu.addEventListener("toggle", () => {
    if (menu.open) draw();
  });
  return { add: (state) => history.add(state) };
}

function textOf({ expression, layers }) {
  const texts = layers?.length ? [...layers].reverse().map((layer) => layer.expression) : [expression ?? ""];
  return (texts.find((each) => !isBlank(each)) ?? "").replace(/\s+/g, " ").trim();
}

/** A long expression is cut around the place at which it differs from the run before. */
function excerpt(entry, before) {
  const text = textOf(entry);
  if (text.length <= EXCERPT) return text || "(empty)";
  const other = before ? textOf(before) : "";
  let same = 0;
  while (same < text.length && text[same] === other[same]) same += 1;
  const from = Math.max(0, Math.min(same - LEAD, text.length - EXCERPT));
  return `${from ? "…" : ""}${text.slice(from, from + EXCERPT)}${from + EXCERPT < text.length ? "…" : ""}`;
}

const place = (context) => [context?.mapping, context?.account].filter(Boolean).join(", ") || "empty playground";
const when = (moment) => `${moment.slice(0, 10)} ${moment.slice(11, 16)} UTC`;
