// The brackets of an expression: what the formatter lays out. Operators within a bracket stay in a row.
import { tokens } from "../tokens.js";

/**
 * A token with the comments around it. `isAlone`: a line ends behind the last comment of `after`.
 * @typedef {{type: "word", kind: string, text: string, isOperand: boolean, before: string[], after: string[], isAlone: boolean, isBlank: boolean, isFirst: boolean}} Word
 */
/** One entry, and the comma or semicolon behind it. @typedef {{parts: Part[], separator: ?Word}} Item */
/** @typedef {{type: "bracket", open: Word, items: Item[], close: Word}} Bracket */
/** @typedef {{type: "lambda", keyword: Word, parameters: Bracket, signature: ?Word, body: Bracket}} Lambda */
/** @typedef {{type: "transform", bars: Word[], sections: Part[][], comma: ?Word}} Transform */
/** @typedef {Word | Bracket | Lambda | Transform} Part */

const CLOSERS = { "(": ")", "[": "]", "{": "}" };
const LAMBDA = new Set(["function", "λ"]);

/** The text cannot be laid out; its message says why. */
export class NoStructure extends Error {}

/** @param {string} text @returns {{parts: Part[], end: string[]}} `end`: comments in lines behind the last word */
export function structure(text) {
  const { words, end } = commented(text);
  return { parts: new Reader(words).whole(), end };
}

/** @returns {{words: Word[], end: string[]}} */
function commented(text) {
  const words = [];
  let before = [];
  let previousEnd = 0;
  let isBlank = false;
  for (const token of tokens(text)) {
    const gap = text.slice(previousEnd, token.from);
    const startsLine = gap.includes("\n") || previousEnd === 0;
    const last = words.at(-1);
    if (last?.after.length && startsLine && !before.length) last.isAlone = true;
    if (/\n[^\n]*\n/.test(gap) && !before.length) isBlank = true;
    previousEnd = token.to;
    if (token.kind === "comment") {
      if (last && !startsLine && !before.length) last.after.push(token.text);
      else before.push(token.text);
      continue;
    }
    words.push({ type: "word", ...token, before, after: [], isAlone: false, isBlank, isFirst: startsLine || before.length > 0 });
    before = [];
    isBlank = false;
  }
  return { words, end: before };
}

class Reader {
  #words;
  #at = 0;

  constructor(words) {
    this.#words = words;
  }

  whole() {
    const parts = this.#parts(() => false);
    if (this.#at < this.#words.length) throw new NoStructure("The brackets do not match.");
    return parts;
  }

  #parts(isEnd) {
    const parts = [];
    while (this.#at < this.#words.length) {
      const word = this.#words[this.#at];
      if (isEnd(word) || isOperator(word, ")", "]", "}")) break;
      parts.push(this.#part(word, parts));
    }
    return parts;
  }

  #part(word) {
    this.#at++;
    if (isOperator(word, "(", "[", "{")) return this.#bracket(word);
    if (isOperator(word, "|") && word.isOperand) return this.#transform(word);
    const next = this.#words[this.#at];
    if (word.kind === "name" && LAMBDA.has(word.text) && next && isOperator(next, "(")) return this.#lambda(word);
    return word;
  }

  #next(...texts) {
    const word = this.#words[this.#at++];
    if (!word || !isOperator(word, ...texts)) throw new NoStructure("The brackets do not match.");
    return word;
  }

  #bracket(open) {
    const items = [];
    const isSeparator = (word) => isOperator(word, ",", ";");
    for (;;) {
      const parts = this.#parts(isSeparator);
      const word = this.#words[this.#at];
      const separator = word && isSeparator(word) ? word : null;
      if (separator) this.#at++;
      if (parts.length || separator) items.push({ parts, separator });
      if (!separator) break;
    }
    return { type: "bracket", open, items, close: this.#next(CLOSERS[open.text]) };
  }

  #transform(first) {
    const isBar = (word) => isOperator(word, "|") && !word.isOperand;
    const path = this.#parts(isBar);
    const middle = this.#next("|");
    const update = this.#parts((word) => isBar(word) || isOperator(word, ","));
    const comma = this.#words[this.#at] && isOperator(this.#words[this.#at], ",") ? this.#next(",") : null;
    const removed = comma ? this.#parts(isBar) : [];
    return { type: "transform", bars: [first, middle, this.#next("|")], sections: [path, update, removed], comma };
  }

  #lambda(keyword) {
    const parameters = this.#bracket(this.#next("("));
    const next = this.#words[this.#at];
    const signature = next && isOperator(next, "<") ? this.#signature() : null;
    return { type: "lambda", keyword, parameters, signature, body: this.#bracket(this.#next("{")) };
  }

  /** `<n-n:n>` in one word: to the parser it is a text, not an expression. */
  #signature() {
    const first = this.#words[this.#at];
    let depth = 0;
    let text = "";
    do {
      const word = this.#words[this.#at++];
      if (!word || word.before.length) throw new NoStructure("There is a comment within a function's signature.");
      if (word.text === "<") depth++;
      else if (word.text === ">") depth--;
      else if (word.after.length) throw new NoStructure("There is a comment within a function's signature.");
      text += word.text;
      if (depth === 0) return { ...first, text, after: word.after, isAlone: word.isAlone };
    } while (depth > 0);
    return first;
  }
}

/** Is the word one of these operators or brackets (and not, say, a string with the same text)? */
export function isOperator(part, ...texts) {
  return part.type === "word" && part.kind === "operator" && texts.includes(part.text);
}
