// Lays an expression out anew, and never changes what it means: the reference parses both texts, and the two parsed
// forms must be the same.
import jsonata from "jsonata";
import { print } from "./formatting/layout.js";
import { pretty } from "./formatting/pretty.js";
import { NoStructure, structure } from "./formatting/structure.js";
import { tokens } from "./tokens.js";

export const WIDTH = 100;
const PASSES = 4; // a comment may move in the first one; more than two were never needed

/**
 * The same expression in lines of at most 100 columns where its words allow it, with its comments. What is formatted
 * stays as it is. Takes as long as parsing does: call it where it can be ended.
 * @param {string} text
 * @returns {{text: string} | {refused: string}}
 */
export function formatExpression(text) {
  if (!text.trim()) return { text };
  try {
    const meaning = parsed(text);
    const layout = settled(text);
    if (parsed(layout) !== meaning || comments(layout) !== comments(text)) {
      return { refused: "Nothing was changed: the formatted text would not say the same." };
    }
    return { text: layout };
  } catch (error) {
    if (error instanceof NoStructure) return { refused: `Nothing was changed: ${error.message}` };
    if (error instanceof RangeError) return { refused: "Nothing was changed: the expression is nested too deeply." };
    if (error?.code) return { refused: "Nothing was changed: the expression has an error. Mend it first, then format." };
    throw error;
  }
}

function settled(text) {
  let before = text;
  for (let pass = 0; pass < PASSES; pass++) {
    const after = laidOut(before);
    if (after === before) return after;
    before = after;
  }
  throw new NoStructure("a comment stands where no layout would leave it.");
}

function laidOut(text) {
  const { parts, end } = structure(text);
  return print(pretty(parts, end), WIDTH) + (text.endsWith("\n") ? "\n" : "");
}

const comments = (text) => tokens(text).flatMap(({ kind, text: comment }) => (kind === "comment" ? [comment] : [])).sort().join("\n");

/** The parsed form as text, without the places of its parts. */
function parsed(text) {
  return JSON.stringify(jsonata(text).ast(), (key, value) => {
    if (key === "position") return undefined;
    return value instanceof RegExp ? String(value) : value;
  });
}
