// JSON that a person types: its value, or what is wrong with it, where, and in a sentence.
import { placeOf } from "./positions.js";

const BLANK = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /[A-Za-z_$][\w$]*/y;
const DEEPEST = 500; // levels

/** What is wrong between `at` and `end`. */
class Wrong extends Error {
  constructor(at, message, end = at + 1) {
    super(message);
    this.at = at;
    this.end = end;
  }
}

/**
 * @param {string} text
 * @returns {null | {code: string, message: string, position: number, line: number, column: number, token: string}}
 *   null for JSON, and for a blank text, which means undefined
 */
export function jsonProblem(text) {
  if (!text.trim()) return null;
  try {
    JSON.parse(text);
    return null;
  } catch {
    // The browsers' own sentences differ, and few of them tell a place.
  }
  try {
    const end = skip(text, value(text, 0, 0));
    if (end < text.length) throw new Wrong(end, "Nothing may follow the value.");
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    const at = Math.min(error.at, text.trimEnd().length);
    return { code: "JSON", message: error.message, token: text.slice(at, error.end), ...placeOf(text, at) };
  }
  return { code: "JSON", message: "This is not JSON.", token: "", ...placeOf(text, 0) };
}

/** @param {string} text @returns {{value: any} | {undefined: true} | {fault: object}} */
export function parseJson(text) {
  if (!text.trim()) return { undefined: true };
  const fault = jsonProblem(text);
  return fault ? { fault } : { value: JSON.parse(text) };
}

export const prettyJson = (value) => JSON.stringify(value, null, 2) ?? "";

function match(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

const skip = (text, at) => at + match(BLANK, text, at).length;

// Each of these reads one thing from `at` on and returns where it ends, or throws what is wrong.

function value(text, at, depth) {
  const start = skip(text, at);
  if (depth > DEEPEST) throw new Wrong(start, "The value is nested too deeply.");
  if (start >= text.length) throw new Wrong(start, "A value is missing at the end.");
  const sign = text[start];
  if (sign === "{") return object(text, start, depth);
  if (sign === "[") return array(text, start, depth);
  if (sign === '"') return string(text, start);
  if (sign === "'") throw new Wrong(start, `JSON takes " around texts, not '.`);
  const digits = match(NUMBER, text, start);
  if (digits) return number(text, start, digits);
  const word = match(WORD, text, start);
  if (["true", "false", "null"].includes(word)) return start + word.length;
  if (word) throw new Wrong(start, `${word} is no JSON value; a text stands in ".`, start + word.length);
  throw new Wrong(start, `A value is expected here, not ${sign}`);
}

function number(text, start, digits) {
  const end = start + digits.length;
  if (/[\w.]/.test(text[end] ?? "")) throw new Wrong(start, "This is no JSON number.", end + 1);
  return end;
}

function string(text, start) {
  const found = match(TEXT, text, start);
  if (found) return start + found.length;
  const lineEnd = text.indexOf("\n", start);
  const rest = text.slice(start + 1, lineEnd < 0 ? undefined : lineEnd);
  const escape = /\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})./u.exec(rest);
  if (escape) {
    const at = start + 1 + escape.index;
    throw new Wrong(at, `JSON does not know the escape ${escape[0]}`, at + escape[0].length);
  }
  throw new Wrong(start, 'The text is not closed: a " is missing, or a line break stands within it.', start + 1 + rest.length);
}

function array(text, start, depth) {
  let at = skip(text, start + 1);
  if (text[at] === "]") return at + 1;
  for (;;) {
    at = skip(text, value(text, at, depth + 1));
    if (text[at] === "]") return at + 1;
    at = comma(text, at, "]", start);
  }
}

function object(text, start, depth) {
  let at = skip(text, start + 1);
  if (text[at] === "}") return at + 1;
  for (;;) {
    if (text[at] !== '"') throw wrongKey(text, at, start);
    at = skip(text, string(text, at));
    if (text[at] !== ":") throw new Wrong(at, "A : is missing between the key and its value.");
    at = skip(text, value(text, at + 1, depth + 1));
    if (text[at] === "}") return at + 1;
    at = comma(text, at, "}", start);
  }
}

function wrongKey(text, at, start) {
  if (at >= text.length) return new Wrong(start, "The { is not closed: a } is missing.");
  const word = match(WORD, text, at);
  if (word) return new Wrong(at, `A key stands in ": write "${word}".`, at + word.length);
  return new Wrong(at, 'A key in " is expected here.');
}

/** Where the next member starts; `start` is where the bracket was opened that `closer` closes. */
function comma(text, at, closer, start) {
  const opener = closer === "]" ? "[" : "{";
  if (at >= text.length) throw new Wrong(start, `The ${opener} is not closed: a ${closer} is missing.`);
  if (text[at] !== ",") throw new Wrong(at, `A comma or a ${closer} is expected here.`);
  const next = skip(text, at + 1);
  if (text[next] === closer) throw new Wrong(at, `Nothing follows this comma: JSON allows none before a ${closer}.`);
  return next;
}
