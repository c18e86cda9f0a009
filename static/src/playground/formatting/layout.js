// Lays text out within a width: a small printer after Wadler's "A prettier printer". A group stands in one line where
// it fits, otherwise each of its lines breaks.

/** @typedef {string | Doc[] | Indent | Line | Group} Doc */
/** @typedef {{kind: "indent", body: Doc}} Indent */
/** @typedef {{kind: "line", flat: ?string, isBlank: boolean}} Line `flat`: what stands for it in one line; null: it always breaks */
/** `forms`: ways to break, the first of which the beginning fits is taken, the last one otherwise. @typedef {{kind: "group", body: Doc, forms: Doc[], isBroken: boolean}} Group */

export const LINE = { kind: "line", flat: " ", isBlank: false };
export const SOFT = { kind: "line", flat: "", isBlank: false };
export const HARD = { kind: "line", flat: null, isBlank: false };
/** A line that leaves an empty one behind where it breaks. */
export const BLANK = { kind: "line", flat: " ", isBlank: true };

export const indent = (body) => ({ kind: "indent", body });

/** @param {Doc} body @param {{isBroken?: boolean, forms?: Doc[]}} options @returns {Group} */
export function group(body, { isBroken = false, forms = [body] } = {}) {
  return { kind: "group", body, forms, isBroken: isBroken || mustBreak(body) };
}

/** Is there a line in it that always breaks? */
export function mustBreak(doc) {
  if (typeof doc === "string") return false;
  if (Array.isArray(doc)) return doc.some(mustBreak);
  if (doc.kind === "line") return doc.flat === null;
  return doc.kind === "group" ? doc.isBroken : mustBreak(doc.body);
}

/** The same with its last bracket broken, if it ends with one; null otherwise. */
export function openedAtEnd(doc) {
  if (typeof doc === "string") return null;
  if (Array.isArray(doc)) {
    const last = doc.at(-1);
    const opened = last === undefined ? null : openedAtEnd(last);
    return opened && [...doc.slice(0, -1), opened];
  }
  return doc.kind === "group" ? { ...doc, isBroken: true } : null;
}

const STEP = 2;

/** @param {Doc} doc @param {number} width @returns {string} without blanks at the ends of lines */
export function print(doc, width) {
  const out = new Output();
  /** @type {[number, boolean, Doc][]} indentation, is it in one line, what */
  const rest = [[0, false, doc]];
  while (rest.length) {
    const [depth, isFlat, next] = rest.pop();
    if (typeof next === "string") out.text(next);
    else if (Array.isArray(next)) for (const part of next.toReversed()) rest.push([depth, isFlat, part]);
    else if (next.kind === "indent") rest.push([depth + STEP, isFlat, next.body]);
    else if (next.kind === "line") {
      if (isFlat && next.flat !== null) out.text(next.flat);
      else out.line(depth, next.isBlank);
    } else rest.push(chosen(next, depth, isFlat, rest, width - out.column));
  }
  return out.done();
}

function chosen(group, depth, isFlat, rest, room) {
  if (!group.isBroken && (isFlat || fits([depth, true, group.body], rest, room))) return [depth, true, group.body];
  const form = group.forms.find((each) => fits([depth, false, each], rest, room)) ?? group.forms.at(-1);
  return [depth, false, form];
}

/** Does the beginning, up to the first line that breaks, fit into `room`? What follows it counts, as far as it is set. */
function fits(first, rest, room) {
  const ahead = [first];
  let after = rest.length;
  let left = room;
  while (left >= 0) {
    if (!ahead.length) {
      if (after === 0) return true;
      ahead.push(rest[--after]);
    }
    const [depth, isFlat, next] = ahead.pop();
    if (typeof next === "string") {
      const end = next.indexOf("\n");
      left -= end < 0 ? next.length : end;
      if (end >= 0) return left >= 0;
    } else if (Array.isArray(next)) for (const part of next.toReversed()) ahead.push([depth, isFlat, part]);
    else if (next.kind === "indent") ahead.push([depth, isFlat, next.body]);
    else if (next.kind === "group") ahead.push([depth, !next.isBroken, next.isBroken ? next.forms[0] : next.body]);
    else if (!isFlat || next.flat === null) return true;
    else left -= next.flat.length;
  }
  return false;
}

class Output {
  #lines = [];
  #line = "";
  column = 0;
  #isFresh = true; // nothing but the indentation stands in this line

  text(text) {
    if (text === "" || (this.#isFresh && text === " ")) return;
    this.#line += text;
    const end = text.lastIndexOf("\n");
    this.column = end < 0 ? this.column + text.length : text.length - end - 1;
    this.#isFresh = false;
  }

  /** Two lines that break at one place are one. */
  line(depth, isBlank) {
    if (!this.#isFresh) this.#lines.push(this.#line.trimEnd());
    if (isBlank && this.#lines.at(-1)) this.#lines.push("");
    this.#line = " ".repeat(depth);
    this.column = depth;
    this.#isFresh = true;
  }

  done() {
    return [...this.#lines, this.#line].join("\n").trimEnd();
  }
}
