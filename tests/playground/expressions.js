// Expressions for the tests of the playground's modules: the demo's, the official suite's where it is present, and made ones.
import { existsSync, readFileSync, readdirSync } from "node:fs";

const root = new URL("../../", import.meta.url);
const SUITE = new URL("../shared/jsonata-suite/cases.jsonl", root);

/** All expressions of the demo repository. */
export function demo() {
  const commits = new URL("integrations/demo/commits/", root);
  return readdirSync(commits, { recursive: true })
    .filter((file) => file.endsWith(".jsonata"))
    .map((file) => readFileSync(new URL(file, commits), "utf8"));
}

/** All expressions of the official suite; null where it is absent. */
export function suite() {
  if (!existsSync(SUITE)) return null;
  const cases = readFileSync(SUITE, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  return cases.map(({ expr }) => expr).filter((expr) => typeof expr === "string");
}

/** Numbers from a seed, the same on every machine (mulberry32). */
export function dice(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return { next, below: (count) => Math.floor(next() * count), pick: (list) => list[Math.floor(next() * list.length)] };
}

const BLANKS = ["", "", " ", " ", "\n", "\n\n", "  \n\t", " /* why */ ", "\n/* of its own */\n", " /* behind */\n", "/* two\n   lines */"];
const NAMES = ["response", "FirstName", "`Custom Field`", "Tier__c", "and", "in", "function", "x", "a_rather_long_name_of_a_field"];
const STRINGS = ['"work"', "'it''s'", '"a /* no comment */ b"', '"\\"quoted\\""', '"{["', '"Ünïcode 🎉"'];
const BINARY = ["+", "-", "*", "/", "%", "&", "=", "!=", "<", "<=", ">", ">=", " and ", " or ", " in ", "~>", "??", "?:", ".."];

/** A made expression with blanks and comments anywhere between its words; most are sound. */
export function made(seed) {
  const { below, pick } = dice(seed);
  const gap = () => pick(BLANKS);
  const list = (make, most, separator) => Array.from({ length: below(most + 1) }, () => gap() + make() + gap()).join(separator);
  const leaf = () => pick([pick(NAMES), pick(NAMES), pick(STRINGS), "$", "$$", "$x", "1", "2.50", "1e3", "true", "null", "/a[/]b\\/c/i", "*", "**", "-1"]);
  const statement = (depth) => (below(3) ? expression(depth) : `$x${gap()}:=${gap()}${expression(depth)}`);
  const forms = [
    (d) => `${expression(d)}${gap()}${pick(BINARY)}${gap()}${expression(d)}`,
    (d) => `${expression(d)}${gap()}.${gap()}${pick(NAMES)}${below(3) ? "" : `[${expression(d)}]`}`,
    (d) => `${pick(NAMES)}.(${expression(d)}).{${list(() => `"k${below(99)}"${gap()}:${gap()}${expression(d)}`, 3, ",")}}`,
    (d) => `{${list(() => `${pick(STRINGS)}${gap()}:${gap()}${expression(d)}`, 5, ",")}${gap()}}`,
    (d) => `[${list(() => expression(d), 5, ",")}${gap()}]`,
    (d) => `(${list(() => statement(d), 4, ";")}${gap()})`,
    (d) => `(${expression(d)}${gap()}?${gap()}${expression(d)}${below(3) ? `${gap()}:${gap()}${expression(d)}` : ""})`,
    (d) => `${pick(["$map", "$f", "$lookup", "$x.$y"])}(${list(() => (below(6) ? expression(d) : "?"), 3, ",")})`,
    (d) => `${pick(["function", "λ"])}(${pick(["", "$a", `$a,${gap()}$b`])})${pick(["", "", "<n-n?:x>", "<a<n>s-:o>"])}${gap()}{${expression(d)}}`,
    (d) => `items${gap()}^(${pick(["", "<", ">"])}${pick(NAMES)},${gap()}>x)${gap()}{ x${gap()}:${expression(d)} }`,
    (d) => `|${gap()}${expression(d)}${gap()}|${gap()}{${list(() => `"k":${expression(d)}`, 2, ",")}}${below(2) ? `,${gap()}["a"]` : ""}${gap()}|`,
    (d) => `items@$i#$n[${expression(d)}].%.x`,
  ];
  const expression = (depth) => (depth <= 0 || !below(4) ? leaf() : pick(forms)(depth - 1));
  return gap() + expression(4) + gap();
}
