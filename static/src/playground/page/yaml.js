// JSON values as YAML 1.2 in block form. Every text is quoted, so that `no` and `010` stay what they are, and what our
// own reader refuses (docs/repository-format.md) is escaped.
import { isObject } from "./merge.js";

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;
const AMBIGUOUS = /^(?:true|false|null|yes|no|on|off|y|n)$/i;
const UNSEEN = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

const quoted = (text) => JSON.stringify(text).replace(UNSEEN, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);
const keyed = (key) => (PLAIN_KEY.test(key) && !AMBIGUOUS.test(key) ? key : quoted(key));
const isInline = (value) => !(Array.isArray(value) ? value.length : isObject(value) && Object.keys(value).length);

function scalar(value) {
  if (typeof value === "string") return quoted(value);
  return JSON.stringify(value); // numbers, true, false, null, [] and {}
}

function* lines(value, depth) {
  const indent = "  ".repeat(depth);
  if (Array.isArray(value)) {
    for (const item of value) {
      if (isInline(item)) yield `${indent}- ${scalar(item)}`;
      else {
        const below = [...lines(item, depth + 1)];
        yield `${indent}- ${below[0].slice(indent.length + 2)}`;
        yield* below.slice(1);
      }
    }
    return;
  }
  for (const key of Object.keys(value)) {
    const given = value[key];
    if (isInline(given)) yield `${indent}${keyed(key)}: ${scalar(given)}`;
    else {
      yield `${indent}${keyed(key)}:`;
      yield* lines(given, depth + 1);
    }
  }
}

/** @param {object} document an object with at least one key */
export const asYaml = (document) => `${[...lines(document, 0)].join("\n")}\n`;
