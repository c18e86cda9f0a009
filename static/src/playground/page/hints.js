// Which entries of the expression's object have no value because the sample lacks the field: JSONata says nothing of that.
import { placeOfPath } from "../completion.js";
import { FUNCTIONS } from "../functions.js";
import { tokens } from "../tokens.js";
import { element } from "./elements.js";
import { isObject } from "./merge.js";

const MOST = 3;
const PAUSE = 600; // ms of not typing: half a name is no mistake
const OPENERS = { "(": 1, "[": 1, "{": 1 };
const CLOSERS = { ")": 1, "]": 1, "}": 1 };
// What gives a value even for nothing, or does not give one of its own.
const UNLIKE = new Set(["exists", "count", "append", "zip", "assert", "error", "eval"]);
const PASSING = new Set(FUNCTIONS.map(({ name }) => name).filter((name) => !UNLIKE.has(name)));

/** @param {string} text @param {{input?: any, bindings?: object}} given @returns {string[]} at most three sentences */
export function hintsFor(text, given) {
  const words = tokens(text).filter(({ kind }) => kind !== "comment");
  const object = finalObject(words);
  return object ? entriesOf(words, object).map((entry) => hintOf(text, words, entry, given)).filter(Boolean).slice(0, MOST) : [];
}

const isSign = (word, sign) => word?.kind === "operator" && word.text === sign;

function opener(words, at) {
  let depth = 0;
  for (let index = at; index >= 0; index -= 1) {
    if (words[index].kind !== "operator") continue;
    if (words[index].text in CLOSERS) depth += 1;
    else if (words[index].text in OPENERS && (depth -= 1) === 0) return index;
  }
  return -1;
}

/** The object that the expression gives: the whole of it, behind a dot, or the last of a block. */
function finalObject(words) {
  let last = words.length - 1;
  let least = 0;
  while (isSign(words[last], ")")) {
    const open = opener(words, last);
    if (open < least || (open > least && !isSign(words[open - 1], "."))) return null;
    least = open + 1;
    last -= isSign(words[last - 1], ";") ? 2 : 1;
  }
  if (!isSign(words[last], "}")) return null;
  const open = opener(words, last);
  if (open < least) return null;
  return open === least || isSign(words[open - 1], ".") || isSign(words[open - 1], ";") ? { open, close: last } : null;
}

/** @returns {{key: string, from: number, to: number}[]} the words of each value, its end not among them */
function entriesOf(words, { open, close }) {
  const found = [];
  let [depth, start] = [0, open + 1];
  for (let index = open + 1; index <= close; index += 1) {
    const { kind, text } = words[index];
    if (index === close || (depth === 0 && kind === "operator" && text === ",")) {
      if (words[start].kind === "string" && isSign(words[start + 1], ":")) found.push({ key: words[start].text.slice(1, -1), from: start + 2, to: index });
      start = index + 1;
    } else if (kind === "operator") depth += text in OPENERS ? 1 : text in CLOSERS ? -1 : 0;
  }
  return found;
}

/** The words of the path that the value is, or that its function is given first. */
function within(words, { from, to }) {
  while (words[from]?.kind === "variable" && isSign(words[from + 1], "(") && from + 2 < to) {
    if (!PASSING.has(words[from].text.slice(1)) || !isSign(words[to - 1], ")") || opener(words, to - 1) !== from + 1) return null;
    from += 2;
    let depth = 0;
    for (let index = from; index < to; index += 1) {
      if (words[index].kind !== "operator") continue;
      const { text } = words[index];
      if (depth === 0 && (text === "," || text === ")")) to = index;
      else depth += text in OPENERS ? 1 : text in CLOSERS ? -1 : 0;
    }
  }
  return from < to ? { from, to } : null;
}

function hintOf(text, words, entry, given) {
  const range = within(words, entry);
  const place = range && placeOfPath(words, range.to - 1, given);
  if (!place || place.start !== range.from || !place.values.length) return "";
  let values = place.values;
  const first = words[range.from];
  let before = first.kind === "variable" && !["$", "$$"].includes(first.text) ? first.text : "";
  for (const { name, word } of place.steps) {
    const objects = items(values).filter(isObject);
    values = objects.filter((value) => Object.hasOwn(value, name)).map((value) => value[name]);
    if (!values.length) return sentence(entry.key, name, before, objects.flatMap(Object.keys));
    before = text.slice(words[range.from].from, word.to).replace(/\s+/g, " ");
  }
  return "";
}

const items = (values) => values.flatMap((value) => (Array.isArray(value) ? items(value) : [value]));

function sentence(key, name, parent, names) {
  const near = nearest(name, names);
  return `${key} has no value: the sample has no ${name}${parent ? ` in ${parent}` : ""}${near ? `. Did you mean ${near}?` : "; add it to the input to try it."}`;
}

/** The name most like the wanted one; empty where none is. */
export function nearest(wanted, names) {
  const plain = (name) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  const most = wanted.length < 3 ? 0 : wanted.length < 6 ? 1 : wanted.length < 10 ? 2 : 3;
  let [best, least] = ["", most + 1];
  for (const name of new Set(names)) {
    if (Math.abs(name.length - wanted.length) > 2 * most + 3) continue;
    const away = plain(name) === plain(wanted) ? 0 : distance(plain(name), plain(wanted));
    if (away < least) [best, least] = [name, away];
  }
  return best;
}

/** How many letters are missing, too many, different or swapped. */
function distance(one, other) {
  let [older, old, row] = [[], [], Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= one.length; i += 1) {
    [older, old, row] = [old, row, [i]];
    for (let j = 1; j <= other.length; j += 1) {
      row[j] = Math.min(old[j] + 1, row[j - 1] + 1, old[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) row[j] = Math.min(row[j], older[j - 2] + 1);
    }
  }
  return row[other.length];
}

/** Shows them behind `after`, once nobody has typed for a moment. @param {{after: Element, current: () => {text: string, input?: any, bindings?: object}}} options */
export function createHints({ after, current }) {
  const box = element("div", { class: "pg-hint", role: "status", "data-hints": "" });
  after.after(box);
  let timer;
  let shown = "";
  const draw = () => {
    const { text, ...given } = current();
    const sentences = hintsFor(text, given);
    if (sentences.join("\n") === shown) return;
    shown = sentences.join("\n");
    box.replaceChildren(...sentences.map((each) => element("div", {}, each)));
  };
  return {
    soon: () => {
      clearTimeout(timer);
      timer = setTimeout(draw, PAUSE);
    },
  };
}
