// The result as a tree: every leaf with its value, the layer that gave it, what it shadows, and what it was before.
import { badge, element, plural } from "./elements.js";
import { child, isObject, isSame, spoken } from "./merge.js";

const MOST_LEAVES = 2_000; // more than this is shown as text
const MOST_BREAKS = 200; // places to break one value at
const MOST_SAID = 60; // characters of a value within a sentence
const MOST_NAMED = 3; // leaves that differ
const MOST_TEXT = 200_000; // characters of that text

const text = (value) => JSON.stringify(value);
const kind = (value) =>
  value === null ? "null" : Array.isArray(value) || isObject(value) ? "object" : typeof value;

/**
 * @param {{output: object, leaves: {path, layer, value, shadowed}[]}} shown
 * @param {?{output: object}} before what it is compared with
 * @returns {{added: string[], changed: string[], gone: string[]}} the paths of the leaves that differ
 */
export function renderOutput(container, shown, before) {
  const differing = { added: [], changed: [], gone: [], values: new Map() };
  const now = "result" in shown.output ? shown.output.result : undefined;
  const was = before && "result" in before.output ? before.output.result : undefined;
  const body =
    now === undefined && was === undefined
      ? nothing()
      : shown.leaves.length > MOST_LEAVES
        ? asText(now)
        : tree({ now, was, compares: before !== null, layers: new Map(shown.leaves.map((leaf) => [leaf.path, leaf])), differing });
  container.replaceChildren(body);
  return differing;
}

const nothing = () =>
  element("p", { class: "pg-nothing" }, "Nothing: the expression finds no value for this input. ", element("span", { class: "quiet" }, "JSONata calls that undefined."));

function asText(value) {
  const whole = JSON.stringify(value, null, 2);
  const cut = whole.length > MOST_TEXT ? `${whole.slice(0, MOST_TEXT)}\n… cut here; Copy gives all of it.` : whole;
  return element("pre", { class: "pg-text" }, cut);
}

function tree({ now, was, ...rest }) {
  const context = { ...rest };
  const list = element("ul", { class: "pg-tree" });
  if (isObject(now) && Object.keys(now).length && (was === undefined || isObject(was))) list.append(...members(now, was, "", context));
  else list.append(...node(null, now, was, "", context));
  return list;
}

function* members(now, was, path, context) {
  const before = isObject(was) ? was : {};
  for (const key of Object.keys(now)) yield* node(key, now[key], has(before, key) ? before[key] : undefined, child(path, key), context);
  for (const key of Object.keys(before)) if (!has(now, key)) yield* node(key, undefined, before[key], child(path, key), context);
}

function* node(key, now, was, path, context) {
  const isBranch = isObject(now) && Object.keys(now).length > 0;
  const wasBranch = isObject(was) && Object.keys(was).length > 0;
  if (isBranch && (wasBranch || was === undefined)) {
    yield element("li", { class: "pg-branch" }, name(key), element("ul", {}, ...members(now, was, path, context)));
  } else if (now === undefined && wasBranch) {
    yield element("li", { class: "pg-branch" }, name(key), element("ul", {}, ...members({}, was, path, context)));
  } else {
    yield leaf(key, now, was, path, context);
  }
}

function leaf(key, now, was, path, { compares, layers, differing }) {
  const state = !compares || isSame(now, was) ? "same" : now === undefined ? "gone" : was === undefined ? "added" : "changed";
  if (state !== "same") {
    differing[state].push(path);
    differing.values.set(path, now);
  }
  const said = layers.get(path);
  const line = element("li", { class: `pg-leaf is-${state}${said ? ` pg-leaf--${said.layer}` : ""}` });
  line.append(name(key) ?? "", values(state, now, was));
  if (said && said.layer) line.append(origin(said));
  return line;
}

const SIGNS = { added: ["+", "new: "], changed: ["~", "changed, was: "], gone: ["−", "gone, was: "] };

function values(state, now, was) {
  const box = element("span", { class: "pg-values" });
  if (state !== "same") {
    const [sign, words] = SIGNS[state];
    box.append(element("span", { class: "pg-sign", "aria-hidden": "true" }, sign), element("span", { class: "visually-hidden" }, words));
  }
  if (state === "changed" || state === "gone") box.append(element("del", {}, value(was)));
  if (state === "changed") box.append(element("span", { class: "pg-arrow", "aria-hidden": "true" }, "→"), element("span", { class: "visually-hidden" }, " is now: "));
  if (state === "added" || state === "changed") box.append(element("ins", {}, value(now)));
  if (state === "same") box.append(value(now));
  return box;
}

const value = (given) => element("code", { class: `value value-${kind(given)}` }, ...breakable(text(given)));
/** A long value breaks after a comma rather than within a word. */
const breakable = (said) => said.split(/(?<=,)/).slice(0, MOST_BREAKS).flatMap((piece, at) => (at ? [element("wbr"), piece] : [piece])).concat(said.split(/(?<=,)/).slice(MOST_BREAKS).join(""));
const name = (key) => (key === null ? null : element("span", { class: "pg-name" }, key));

let numbered = 0;

function origin({ layer, shadowed }) {
  const box = element("span", { class: "pg-origin-of" }, badge(layer));
  if (shadowed.length) {
    const id = `pg-shadows-${(numbered += 1)}`;
    const lines = shadowed.map((under) => element("span", { class: "pg-shadow" }, badge(under.layer), value(under.value)));
    box.prepend(
      element(
        "span",
        { class: "pg-shadows" },
        element("button", { type: "button", class: "pg-shadows-button", "aria-describedby": id }, `shadows ${shadowed.length}`),
        element("span", { class: "pg-shadows-list", id, role: "tooltip" }, ...lines),
      ),
    );
  }
  return box;
}

const has = (owner, key) => Object.prototype.hasOwnProperty.call(owner, key);

/** `1 field added (tier), 12 changed`; empty when nothing differs. Many are counted, a few are named. */
export function told({ added, changed, gone, values }) {
  if (added.length === 1 && added[0] !== "" && !changed.length && !gone.length) return `1 field added: ${spoken(added[0])} = ${cut(text(values.get(added[0])))}`;
  const parts = [[added, "added"], [changed, "changed"], [gone, "gone"]].filter(([paths]) => paths.length);
  return parts
    .map(([paths, word], at) => `${at ? paths.length : plural(paths.length, "field")} ${word}${named(paths)}`)
    .join(", ");
}

const cut = (said) => (said.length > MOST_SAID ? `${said.slice(0, MOST_SAID)}…` : said);
const named = (paths) => (paths.length > MOST_NAMED || paths[0] === "" ? "" : ` (${paths.map(spoken).join(", ")})`);

/** Brings the first leaf that differs into the sight of its own scrolling box; the page stays where it is. */
export function reveal(container) {
  const first = container.querySelector(".is-added, .is-changed, .is-gone");
  if (!first || container.scrollHeight <= container.clientHeight) return;
  const [box, line] = [container.getBoundingClientRect(), first.getBoundingClientRect()];
  if (line.top < box.top || line.bottom > box.bottom) container.scrollTop += line.top - box.top - box.height / 3;
}
