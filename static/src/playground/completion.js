// What can stand where the cursor is: functions and variables behind a $, and the fields that the sample has there.
import { FUNCTIONS } from "./functions.js";
import { isPlainName, tokens } from "./tokens.js";

/** @typedef {{input?: any, bindings?: object}} Given */
/** @typedef {{label: string, apply?: string, type: string, detail: string, info?: string}} Option */

const MOST_ITEMS = 200; // of a list, looked at for its fields
const LONGEST = 40; // characters of an example
const OPENERS = { ")": "(", "]": "[", "}": "{" };
const SILENT = new Set(["string", "comment", "regex", "number"]);

/**
 * @param {string} text
 * @param {number} offset of the cursor, in UTF-16 units
 * @param {Given} given
 * @returns {null | {from: number, options: Option[]}}
 */
export function completeAt(text, offset, given) {
  const all = tokens(text);
  const here = all.find(({ from, to }) => from < offset && offset <= to);
  if (here && isWithin(here, offset)) return null;
  const words = all.filter(({ kind }) => kind !== "comment");
  const before = words.filter(({ to }) => to <= (here && isWord(here) ? here.from : offset));
  const scope = new Scope(before, words, given);
  if (here?.kind === "variable") return { from: here.from, options: variables(scope) };
  if (before.at(-1)?.text === "." || here?.kind === "name" || here?.kind === "quoted" || endsOpen(before)) {
    const fields = fieldsOf(scope.valuesBefore());
    const from = here && isWord(here) ? here.from : offset;
    if (fields.length) return { from, options: fields.map(fieldOption) };
  }
  return null;
}

/** The fields that the sample has where the cursor is. @returns {{name: string, type: string, example: string}[]} */
export function fieldsAt(text, offset, given) {
  const words = tokens(text).filter(({ kind }) => kind !== "comment");
  const here = words.find(({ from, to }) => from < offset && offset <= to);
  const before = words.filter(({ to }) => to <= (here && isWord(here) ? here.from : offset));
  return fieldsOf(new Scope(before, words, given).valuesBefore());
}

/**
 * The path that ends with word `end`: where it starts, the values that it starts from, and its steps; null where it is none
 * or goes by wildcards and variables that only a run can tell.
 */
export function placeOfPath(words, end, given) {
  const scope = new Scope(words, words, given);
  const { steps, start } = scope.steps(end);
  if (!steps) return null;
  const values = steps[0].variable === undefined ? scope.context(start) : scope.variable(steps.shift().variable, start);
  return steps.every((step) => step.name !== undefined) ? { start, values, steps } : null;
}

const isWord = ({ kind }) => ["name", "quoted", "variable", "constant"].includes(kind);
/** Within a text, a comment or a number nothing is proposed; directly behind a closed one neither. */
const isWithin = (token, offset) => SILENT.has(token.kind) && (offset < token.to || !token.isClosed || token.kind === "number");
/** At the start, or behind an opening bracket or an operator, where a value is expected. */
const endsOpen = (before) => !before.length || (before.at(-1).kind === "operator" && !")]}".includes(before.at(-1).text));
const endsValue = (token) => token !== undefined && (token.kind !== "operator" ? token.kind !== "unknown" : ")]}".includes(token.text));

class Scope {
  /** `before`: the words that end before the cursor's own; `all`: every word of the text. */
  constructor(before, all, { input, bindings = {} }) {
    this.words = before;
    this.all = all;
    this.input = input;
    this.bindings = bindings;
    this.depth = 0;
  }

  /** What the sample has before the cursor: the path's values, or the input of the place. */
  valuesBefore() {
    const last = this.words.length - 1;
    return this.words[last]?.text === "." ? this.path(last - 1) : this.context(this.words.length);
  }

  /** The values of the path that ends with word `end`; none where that cannot be told without running it. */
  path(end) {
    if ((this.depth += 1) > 50) return [];
    const { steps, start } = this.steps(end);
    this.depth -= 1;
    if (!steps) return [];
    let values = steps[0].variable === undefined ? this.context(start) : this.variable(steps.shift().variable, start);
    for (const step of steps) values = taken(values, step);
    return values;
  }

  /** The steps of the path that ends with word `end`, and the index of its first word. */
  steps(end) {
    const steps = [];
    for (let at = end; at >= 0; ) {
      const word = this.words[at];
      if (word.kind === "operator" && word.text === "]") {
        const open = this.opener(at);
        if (open <= 0 || !endsValue(this.words[open - 1])) return { steps: null };
        at = open - 1; // a predicate: the same step
        continue;
      }
      if (word.kind === "variable") steps.unshift({ variable: word.text.slice(1) });
      else if (word.kind === "name" || word.kind === "quoted") steps.unshift({ name: nameOf(word), word });
      else if (word.text === "*") steps.unshift({ any: true });
      else return { steps: null };
      if (this.words[at - 1]?.text !== ".") return { steps, start: at };
      at -= 2;
    }
    return { steps: null };
  }

  /** The index of the bracket that the one at `at` closes; -1 without one. */
  opener(at) {
    let depth = 0;
    for (let index = at; index >= 0; index -= 1) {
      const { kind, text } = this.words[index];
      if (kind !== "operator") continue;
      if (text in OPENERS) depth += 1;
      else if ("([{".includes(text) && (depth -= 1) === 0) return index;
    }
    return -1;
  }

  /** The input of an expression that starts with word `start`: that of the bracket around it. */
  context(start) {
    let depth = 0;
    for (let index = start - 1; index >= 0; index -= 1) {
      const { kind, text } = this.words[index];
      if (kind !== "operator") continue;
      if (text in OPENERS) depth += 1;
      else if ("([{".includes(text)) {
        if (depth === 0) return this.within(index);
        depth -= 1;
      }
    }
    return this.input === undefined ? [] : [this.input];
  }

  /** The input within the bracket that word `open` opens. */
  within(open) {
    const { text } = this.words[open];
    const previous = this.words[open - 1];
    if (previous?.text === "." && previous.kind === "operator") return items(this.path(open - 2));
    if (text === "(" || !endsValue(previous)) return this.context(open);
    if (text === "{" && previous.text === ")" && ["function", "λ"].includes(this.words[this.opener(open - 1) - 1]?.text)) return this.context(open);
    return items(this.path(open - 1));
  }

  variable(name, start) {
    if (name === "") return this.context(start);
    if (name === "$") return this.input === undefined ? [] : [this.input];
    for (let index = start - 1; index > 0; index -= 1) {
      if (this.words[index].text !== ":=" || this.words[index - 1].text !== `$${name}`) continue;
      let end = index + 1;
      while (end + 1 < start && !(this.words[end + 1].kind === "operator" && [";", ","].includes(this.words[end + 1].text))) end += 1;
      const { steps, start: first } = end < start ? this.steps(end) : { steps: null };
      return steps && first === index + 1 ? this.path(end) : [];
    }
    return Object.hasOwn(this.bindings, name) ? [this.bindings[name]] : [];
  }

  /** Names of the variables that the text sets, without their $. */
  names() {
    const found = new Set(Object.keys(this.bindings));
    this.all.forEach((word, index) => {
      if (word.kind !== "variable" || word.text.length < 2) return;
      const [previous, next] = [this.all[index - 1]?.text, this.all[index + 1]?.text];
      if (next === ":=" || previous === "@" || previous === "#" || this.isParameter(index)) found.add(word.text.slice(1));
    });
    return [...found].filter((name) => name !== "$").sort();
  }

  isParameter(index) {
    for (let at = index - 1; at > 0; at -= 1) {
      const { text, kind } = this.all[at];
      if (kind === "operator" && text === "(") return ["function", "λ"].includes(this.all[at - 1].text);
      if (kind !== "variable" && text !== ",") return false;
    }
    return false;
  }
}

const nameOf = ({ kind, text }) => (kind === "quoted" ? text.slice(1, -1) : text);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const field = (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined);
const items = (values) => values.flatMap((value) => (Array.isArray(value) ? items(value.slice(0, MOST_ITEMS)) : [value])).slice(0, MOST_ITEMS);
const children = (values) => items(values).flatMap((value) => (isObject(value) ? Object.values(value) : []));

function taken(values, { any, variable, name }) {
  if (any) return children(values);
  if (variable !== undefined) return variable === "" ? values : []; // `$` in a path is the item itself
  return items(values).map((value) => field(value, name)).filter((value) => value !== undefined);
}

function fieldsOf(values) {
  const found = new Map();
  for (const value of items(values)) {
    if (!isObject(value)) continue;
    for (const [name, item] of Object.entries(value)) {
      const known = found.get(name);
      if (!known || known.type === "null") found.set(name, { name, type: typeOf(item), example: exampleOf(item) });
    }
  }
  return [...found.values()];
}

function typeOf(value) {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value === "string" ? "text" : typeof value;
}

function exampleOf(value) {
  const text = JSON.stringify(value) ?? "";
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

const fieldOption = ({ name, type, example }) => ({
  label: name,
  ...(isPlainName(name) ? {} : { apply: `\`${name}\`` }),
  type: "property",
  detail: type,
  info: example,
});

function variables(scope) {
  const own = scope.names().map((name) => ({ label: `$${name}`, type: "variable", detail: "variable", info: Object.hasOwn(scope.bindings, name) ? exampleOf(scope.bindings[name]) : "" }));
  const builtins = FUNCTIONS.map(({ name, signature, help, example, gives }) => ({
    label: `$${name}`,
    type: "function",
    detail: signature.slice(name.length + 1),
    info: `${help}\n${example} → ${gives}`,
  }));
  return [...own, ...builtins];
}
