// The layout of each form of JSONata, as a document for `layout.js`.
import { BLANK, HARD, LINE, SOFT, group, indent, mustBreak, openedAtEnd } from "./layout.js";
import { isOperator } from "./structure.js";

/** Binary operators from the loosest to the tightest, as far as the layout tells them apart; `?` is on its own. */
const LEVELS = [["~>"], ["?:", "??"], ["or"], ["and"], ["=", "!=", "<", ">", "<=", ">=", "in"], ["&"], ["+", "-"], ["*", "/", "%"]];
const isInfix = (part, ...texts) => isOperator(part, ...texts) && !part.isOperand;

/** @param {import("./structure.js").Part[]} parts @param {string[]} end @returns {import("./layout.js").Doc} */
export function pretty(parts, end) {
  return [sequence(parts), end.map((comment) => [HARD, comment])];
}

const commentsBefore = (of) => of.before.map((comment) => [HARD, comment, HARD]);
const commentsAfter = (of) => [of.after.map((comment) => [" ", comment]), of.after.length ? (of.isAlone ? HARD : " ") : ""];
const word = (of) => [commentsBefore(of), of.text, commentsAfter(of)];

/** A row of parts that operators join. */
function sequence(parts) {
  if (!parts.length) return "";
  const assigned = parts.findIndex((part) => isInfix(part, ":="));
  if (assigned >= 0) return [sequence(parts.slice(0, assigned)), " ", word(parts[assigned]), " ", sequence(parts.slice(assigned + 1))];
  if (parts.some((part) => isInfix(part, "?"))) return conditional(parts);
  for (const level of LEVELS) if (parts.some((part) => isInfix(part, ...level))) return operation(parts, level);
  return chain(parts);
}

/** Splits at the parts that `isBorder` tells. @returns {{pieces: Part[][], borders: Part[]}} */
function split(parts, isBorder) {
  const pieces = [[]];
  const borders = [];
  for (const part of parts) {
    if (isBorder(part)) {
      borders.push(part);
      pieces.push([]);
    } else pieces.at(-1).push(part);
  }
  return { pieces, borders };
}

/** `a & b & c`: broken, each operator begins a line; two operands may share a line if the second is a bracket. */
function operation(parts, level) {
  const { pieces, borders } = split(parts, (part) => isInfix(part, ...level));
  const [first, ...others] = pieces.map(sequence);
  const broken = [first, indent(others.map((operand, index) => [LINE, word(borders[index]), " ", operand]))];
  const opened = others.length === 1 && !mustBreak(first) ? openedAtEnd(others[0]) : null;
  if (!opened) return group(broken);
  return group(broken, { forms: [[first, " ", word(borders[0]), " ", opened], broken] });
}

/** The index of the `:` that belongs to the first `?` of the parts; -1 without one. */
function otherwise(parts, question) {
  let depth = 0;
  for (let index = question + 1; index < parts.length; index++) {
    if (isInfix(parts[index], "?")) depth++;
    else if (isOperator(parts[index], ":") && depth-- === 0) return index;
  }
  return -1;
}

/** `a ? b : c`, and chains of them, in which each further condition begins a line. */
function conditional(parts) {
  const branches = [];
  let last = null;
  for (let rest = parts; rest; ) {
    const question = rest.findIndex((part) => isInfix(part, "?"));
    if (question < 0) {
      last = sequence(rest);
      break;
    }
    const colon = otherwise(rest, question);
    const then = rest.slice(question + 1, colon < 0 ? undefined : colon);
    branches.push({ test: sequence(rest.slice(0, question)), question: word(rest[question]), then: sequence(then), colon: colon < 0 ? null : word(rest[colon]) });
    rest = colon < 0 ? null : rest.slice(colon + 1);
  }
  return branches.length === 1 ? choice(branches[0], last) : choices(branches, last);
}

function choice({ test, question, then, colon }, last) {
  const broken = [test, indent([LINE, question, " ", then, colon ? [LINE, colon, " ", last] : ""])];
  const opened = colon || mustBreak(test) ? null : openedAtEnd(then);
  return group(broken, { forms: opened ? [[test, " ", question, " ", opened], broken] : [broken] });
}

function choices(branches, last) {
  const [first, ...others] = branches.map(({ test, question, then }) => [test, " ", question, " ", then]);
  const lines = last === null ? others : [...others, last];
  return group([first, indent(lines.map((each, index) => [LINE, branches[index].colon, " ", each]))]);
}

/** Steps of a path, calls and predicates: nothing is between them. Broken before its dots only if several steps are long. */
function chain(parts) {
  const { pieces, borders } = split(parts, (part) => isInfix(part, "."));
  const steps = pieces.map((piece, index) => [index ? word(borders[index - 1]) : "", joined(piece)]);
  const long = pieces.flatMap((piece, index) => (piece.some(isLong) ? [index] : []));
  if (long.length < 2) return steps;
  const head = Math.max(1, long[0]);
  const broken = [steps.slice(0, head), indent(steps.slice(head).map((step) => [SOFT, step]))];
  const opened = steps.slice(0, -1).some(mustBreak) ? null : openedAtEnd(steps);
  return group(steps, { forms: opened ? [opened, broken] : [broken] });
}

const isLong = (part) => part.type === "lambda" || part.type === "transform" || (part.type === "bracket" && part.items.length > 0);

function joined(parts) {
  return parts.map((part, index) => [isSpaced(parts[index - 1], part) ? " " : "", single(part)]);
}

/** Two words without an operator between them: no parser takes that, but they must not become one. */
function isSpaced(left, right) {
  const isWordy = (part) => part?.type === "word" && part.kind !== "operator";
  return isWordy(left) && isWordy(right);
}

function single(part) {
  if (part.type === "word") return word(part);
  if (part.type === "lambda") return lambda(part);
  return part.type === "transform" ? transform(part) : bracket(part);
}

function lambda({ keyword, parameters, signature, body }) {
  return [word(keyword), bracket(parameters), signature ? word(signature) : "", " ", bracket(body)];
}

function transform({ bars, sections: [path, update, removed], comma }) {
  const [first, middle, last] = bars.map(word);
  return [first, " ", sequence(path), " ", middle, " ", sequence(update), comma ? [word(comma), " ", sequence(removed)] : "", " ", last];
}

const isSpacious = (open) => open.text === "{";
const isCall = (open) => open.text === "(" && !open.isOperand;

/** Any bracket with what is in it, an entry a line where it does not fit. */
function bracket({ open, items, close }) {
  const start = word(open);
  const end = [close.text, commentsAfter(close)];
  if (!items.length) {
    if (!close.before.length) return [start, end];
    return group([start, indent(commentsBefore(close)), HARD, end]);
  }
  const entries = items.map(({ parts }) => entry(parts, open));
  const edge = isSpacious(open) ? LINE : SOFT;
  const broken = [start, indent([edge, listed(items, entries), commentsBefore(close)]), edge, end];
  if (isOnlyBracket(items, close)) {
    const pad = isSpacious(open) ? " " : "";
    const hug = (content) => [start, pad, content, pad, end];
    return group(hug(entries[0]), { forms: [hug(openedAtEnd(entries[0]) ?? entries[0])] });
  }
  const hugged = isCall(open) && !close.before.length ? huggings(start, items, entries, end) : [];
  return group(broken, { isBroken: keepsLines(open, items), forms: [...hugged, broken] });
}

/** What the author has put into lines of its own stays there: all brackets but those of calls, predicates and sums. */
function keepsLines(open, items) {
  const first = items[0].parts[0];
  if (!first || isCall(open) || (open.text === "[" && !open.isOperand)) return false;
  return (open.text !== "(" || items[0].separator !== null) && leading(first).isFirst;
}

function leading(part) {
  if (part.type === "word") return part;
  if (part.type === "lambda") return part.keyword;
  return part.type === "transform" ? part.bars[0] : part.open;
}

/** A bracket with nothing but another in it opens and closes with it: `[{`, `({`, `{ (`. */
function isOnlyBracket(items, close) {
  const [{ parts, separator }] = items;
  return items.length === 1 && !separator && !close.before.length && parts.length === 1 && parts[0].type === "bracket" && !parts[0].open.before.length;
}

function listed(items, entries) {
  return items.map(({ separator }, index) => {
    if (!separator) return entries[index];
    const next = items[index + 1]?.parts[0];
    const line = !next ? "" : leading(next).isBlank ? BLANK : LINE;
    return [entries[index], word(separator), line];
  });
}

/** A call whose last or first argument alone is broken: the others stay in the line of the name. */
function huggings(start, items, entries, end) {
  const forms = [];
  const row = (docs) => docs.map((doc, index) => [doc, items[index].separator ? [word(items[index].separator), index < docs.length - 1 ? " " : ""] : ""]);
  const lastPart = items.at(-1).parts.at(-1);
  const opened = lastPart && isOpenable(lastPart) ? openedAtEnd(entries.at(-1)) : null;
  if (opened && !entries.slice(0, -1).some(mustBreak)) forms.push([start, row([...entries.slice(0, -1), opened]), end]);
  const isFirstOnly = items.length > 1 && items[0].parts.length === 1 && isOpenable(items[0].parts[0]) && !items.slice(1).some(({ parts }) => parts.some(isBulky));
  const first = isFirstOnly ? openedAtEnd(entries[0]) : null;
  if (first && !entries.slice(1).some(mustBreak)) forms.push([start, row([first, ...entries.slice(1)]), end]);
  return forms;
}

const isBulky = (part) => isLong(part) && !(part.type === "bracket" && isCall(part.open));
const isOpenable = (part) => part.type === "lambda" || (part.type === "bracket" && part.items.length > 0);

/** `key: value` in braces; a statement, an argument or an element elsewhere. */
function entry(parts, open) {
  const colon = open.text === "{" ? keyEnd(parts) : -1;
  if (colon < 0) return sequence(parts);
  return [sequence(parts.slice(0, colon)), word(parts[colon]), " ", sequence(parts.slice(colon + 1))];
}

function keyEnd(parts) {
  let depth = 0;
  for (const [index, part] of parts.entries()) {
    if (isInfix(part, "?")) depth++;
    else if (isOperator(part, ":") && depth-- === 0) return index;
  }
  return -1;
}
