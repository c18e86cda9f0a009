// The words of JSONata: one lexer for highlighting, completion and the formatter. It takes any text, sound or not.

/** @typedef {"comment"|"string"|"number"|"regex"|"variable"|"name"|"quoted"|"constant"|"operator"|"unknown"} Kind */
/**
 * `isOperand`: it stands where a value is expected (`*` as a wildcard, `-` as a sign, `/…/` as a regular expression).
 * `isClosed`: false for a string, a name, a comment or a regular expression that the text ends within.
 * @typedef {{kind: Kind, text: string, from: number, to: number, isOperand: boolean, isClosed: boolean}} Token
 */

const BLANK = /[ \t\n\r\v]*/y;
const NUMBER = /(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[Ee][-+]?[0-9]+)?/y;
const OPERATOR = /\.\.|:=|!=|>=|<=|\*\*|~>|\?:|\?\?|[.[\]{}(),@#;:?+\-*/%|=<>^&!~]/y;
const WORD = /[^ \t\n\r\v.[\]{}(),@#;:?+\-*/%|=<>^&!~]+/y;
const WORD_OPERATORS = new Set(["and", "or", "in"]);
const CONSTANTS = new Set(["true", "false", "null"]);
const VALUES = new Set(["string", "number", "regex", "variable", "name", "quoted", "constant"]);

/** What the lexer must remember between two tokens: is a value expected next, and how far the open brackets are. */
export class Place {
  isOperand = true;
  /** @type {(string|number)[]} an open bracket, or how many bars of a transform were seen */
  open = [];

  copy() {
    const other = new Place();
    other.isOperand = this.isOperand;
    other.open = [...this.open];
    return other;
  }

  /** @param {Token} token the one just read */
  pass(token) {
    if (token.kind === "comment") return;
    if (token.kind !== "operator") {
      this.isOperand = !VALUES.has(token.kind);
      return;
    }
    const { text, isOperand } = token;
    if ("([{".includes(text)) this.open.push(text);
    else if (")]}".includes(text)) {
      while (typeof this.open.at(-1) === "number") this.open.pop();
      this.open.pop();
    }
    if (text === "|") this.isOperand = !this.#passBar(isOperand);
    else if (isOperand && ["*", "**", "%", "?"].includes(text)) this.isOperand = false;
    else this.isOperand = !")]}".includes(text);
  }

  /** Is this the last bar of a transform, after which an operator follows? */
  #passBar(isOperand) {
    if (isOperand) this.open.push(1);
    else if (typeof this.open.at(-1) === "number") {
      const bars = this.open.pop() + 1;
      if (bars === 3) return true;
      this.open.push(bars);
    }
    return false;
  }
}

function match(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

/** Where the text that `closer` ends is over, counted from `at`; -1 without an end. A backslash keeps what follows. */
export function endOf(closer, text, at) {
  if (closer !== '"' && closer !== "'") {
    const end = text.indexOf(closer, at);
    return end < 0 ? -1 : end + closer.length;
  }
  for (let index = at; index < text.length; index++) {
    if (text[index] === "\\") index++;
    else if (text[index] === closer) return index + 1;
  }
  return -1;
}

/** The end of the regular expression whose first slash is at `at`: a slash within brackets does not end it. */
function endOfRegex(text, at) {
  let depth = 0;
  for (let index = at + 1; index < text.length; index++) {
    const character = text[index];
    if (character === "\\") index++;
    else if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) depth--;
    else if (character === "/" && depth === 0) {
      const flags = match(/[im]*/y, text, index + 1);
      return index + 1 + flags.length;
    }
  }
  return -1;
}

const CLOSED_BY = { '"': ["string", '"'], "'": ["string", "'"], "`": ["quoted", "`"], "/*": ["comment", "*/"] };

/** @returns {[Kind, number]} the kind of what starts at `at`, and its end (-1: it has none) */
function read(text, at, place) {
  const opener = text.startsWith("/*", at) ? "/*" : text[at];
  if (opener in CLOSED_BY) {
    const [kind, closer] = CLOSED_BY[opener];
    return [kind, endOf(closer, text, at + opener.length)];
  }
  if (opener === "/" && place.isOperand) return ["regex", endOfRegex(text, at)];
  const operator = match(OPERATOR, text, at);
  if (operator) return [operator === "!" || operator === "~" ? "unknown" : "operator", at + operator.length];
  const number = match(NUMBER, text, at);
  if (number) return ["number", at + number.length];
  const word = match(WORD, text, at);
  if (word.startsWith("$")) return ["variable", at + word.length];
  if (WORD_OPERATORS.has(word) && !place.isOperand) return ["operator", at + word.length];
  return [CONSTANTS.has(word) ? "constant" : "name", at + word.length];
}

/**
 * The token at or after `at`; null at the end of the text. Moves `place` on.
 * @param {string} text
 * @param {number} at
 * @param {Place} place
 * @returns {?Token}
 */
export function nextToken(text, at, place) {
  const from = at + match(BLANK, text, at).length;
  if (from >= text.length) return null;
  const [kind, end] = read(text, from, place);
  const to = end < 0 ? text.length : end;
  const token = { kind, text: text.slice(from, to), from, to, isOperand: place.isOperand, isClosed: end >= 0 };
  place.pass(token);
  return token;
}

/** @param {string} text @returns {Token[]} all tokens, comments too; what lies between them is blank */
export function tokens(text) {
  const place = new Place();
  const list = [];
  for (let token = nextToken(text, 0, place); token; token = nextToken(text, token.to, place)) list.push(token);
  return list;
}

/** Can this name stand in an expression as it is? Otherwise it needs backticks. */
export function isPlainName(name) {
  return match(WORD, name, 0) === name && /^[^$0-9"'`]/.test(name) && !WORD_OPERATORS.has(name) && !CONSTANTS.has(name);
}
