// Picking a function: it goes around what is selected, or around the value at the cursor; with nothing there it stands alone.
import { FUNCTIONS } from "./functions.js";
import { tokens } from "./tokens.js";

const OPENERS = new Set(["(", "[", "{"]);
const CLOSERS = new Set([")", "]", "}"]);
const JOINS = new Set([".", "~>"]); // what is before them belongs to the value
const VALUES = new Set(["name", "quoted", "variable", "constant", "string", "number", "regex"]);

/** @typedef {{text: string, selection: {anchor: number, head: number}, change: {from: number, to: number, insert: string}}} Wrapped */

/** @param {string} text @param {number} from @param {number} to in UTF-16 units @param {string} name of the function, without $ @returns {Wrapped} */
export function wrapAt(text, from, to, name) {
  const inputs = inputsOf(name);
  const range = inputs.length ? (from < to ? valueWithin(text, from, to) : valueAt(text, from)) : null;
  if (!range) return changed(text, from, to, `$${name}()`, inputs.length ? 1 : 0);
  const hasMore = inputs.length > 1;
  const value = text.slice(range.from, range.to);
  return changed(text, range.from, range.to, `$${name}(${value}${hasMore ? ", " : ""})`, hasMore ? 1 : 0);
}

/** What the function must be given; what may be left out is not among it. */
export function inputsOf(name) {
  const signature = FUNCTIONS.find((each) => each.name === name)?.signature ?? `$${name}(value)`;
  return signature.slice(signature.indexOf("(") + 1, signature.lastIndexOf(")")).split(",").map((each) => each.trim()).filter((each) => each && !each.endsWith("?"));
}

/** `back`: how far from the end of what is put in the cursor comes to stand. */
function changed(text, from, to, insert, back) {
  const at = from + insert.length - back;
  return { text: text.slice(0, from) + insert + text.slice(to), selection: { anchor: at, head: at }, change: { from, to, insert } };
}

/** The selection without blanks at its ends; of a whole entry of an object its value alone. */
function valueWithin(text, from, to) {
  const words = tokens(text).filter((word) => word.kind !== "comment" && word.from < to && word.to > from);
  if (words.some((word) => word.from < from || word.to > to)) return { from, to }; // it begins or ends within a word
  if (words.at(-1)?.text === ",") words.pop();
  if (words[0]?.kind === "string" && words[1]?.text === ":") words.splice(0, 2);
  return words.length ? { from: words[0].from, to: words.at(-1).to } : null;
}

/** The value that the cursor is in, directly behind or directly before; null without one. */
function valueAt(text, offset) {
  const words = tokens(text).filter(({ kind }) => kind !== "comment");
  const isKey = (index) => words[index].kind === "string" && words[index + 1]?.text === ":";
  const isValue = (index) => index >= 0 && (isOne(words[index], CLOSERS) || (VALUES.has(words[index].kind) && !isKey(index) && words[index + 1]?.text !== ":="));
  const within = words.findIndex((word) => word.from < offset && offset <= word.to);
  const next = words.findIndex((word) => word.from === offset && !isOne(word, CLOSERS));
  const here = [within, next].find(isValue);
  if (here === undefined) return null;
  // A text or a pattern has its inside for itself.
  if (["string", "regex"].includes(words[here].kind) && words[here].from < offset && offset < words[here].to) return null;
  const first = startOf(words, here);
  return first === null ? null : { from: words[first].from, to: words[endOf(words, here)].to };
}

const isOne = (word, signs) => word?.kind === "operator" && signs.has(word.text);
const endsValue = (word) => word !== undefined && (VALUES.has(word.kind) || isOne(word, CLOSERS));

/** The index of the first word of the value that word `at` belongs to; null where a bracket has no partner. */
function startOf(words, at) {
  for (let index = at; ; ) {
    if (isOne(words[index], CLOSERS)) {
      const open = partner(words, index, -1);
      if (open === null) return null;
      const before = words[open - 1];
      // A call, a predicate, a grouping, the body of a function; then an order.
      if (endsValue(before)) {
        index = open - 1;
        continue;
      }
      if (words[open].text === "(" && before?.text === "^" && endsValue(words[open - 2])) {
        index = open - 2;
        continue;
      }
      index = open;
    }
    if (!isOne(words[index - 1], JOINS) || index < 2) return index;
    index -= 2;
  }
}

/** The index of the last word: what is called, picked from and stepped into belongs to it. */
function endOf(words, at) {
  for (let index = at; ; ) {
    const next = words[index + 1];
    if (isOne(next, new Set(["(", "["])) && endsValue(words[index])) {
      const close = partner(words, index + 1, 1);
      if (close === null) return index;
      index = close;
    } else if (next?.text === "." && next.kind === "operator" && words[index + 2]) {
      const step = words[index + 2];
      const close = isOne(step, OPENERS) ? partner(words, index + 2, 1) : index + 2;
      if (close === null || !(endsValue(step) || isOne(step, OPENERS) || step.isOperand)) return index;
      index = close;
    } else return index;
  }
}

/** The bracket that belongs to the one at `at`, looked for in `direction`. */
function partner(words, at, direction) {
  let depth = 0;
  for (let index = at; index >= 0 && index < words.length; index += direction) {
    if (isOne(words[index], OPENERS)) depth += direction;
    else if (isOne(words[index], CLOSERS)) depth -= direction;
    if (depth === 0) return index;
  }
  return null;
}
