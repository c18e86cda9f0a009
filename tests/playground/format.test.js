// The formatter: it never changes what an expression means, and what is formatted stays as it is.
import assert from "node:assert/strict";
import { test } from "node:test";
import jsonata from "jsonata";
import { formatExpression } from "../../static/src/playground/format.js";
import { tokens } from "../../static/src/playground/tokens.js";
import { demo, made, suite } from "./expressions.js";

const MADE = 4000;

function meaning(text) {
  try {
    return JSON.stringify(jsonata(text).ast(), (key, value) => (key === "position" ? undefined : value instanceof RegExp ? String(value) : value));
  } catch (error) {
    assert.ok(error.code, error);
    return null;
  }
}

const comments = (text) => tokens(text).filter(({ kind }) => kind === "comment").map((token) => token.text).sort();

/** What lies between the tokens. */
function gaps(text) {
  const all = tokens(text);
  return all.map(({ from }, index) => text.slice(index ? all[index - 1].to : 0, from));
}

/** @returns {boolean} was it sound, and laid out? */
function holds(text) {
  const before = meaning(text);
  const answer = formatExpression(text);
  if (before === null) {
    assert.match(answer.refused, /has an error/);
    return false;
  }
  if (answer.refused) return false;
  assert.equal(meaning(answer.text), before, text);
  assert.deepEqual(comments(answer.text), comments(text), text);
  assert.equal(formatExpression(answer.text).text, answer.text, text);
  assert.ok(!gaps(answer.text).some((gap) => /[ \t]\n/.test(gap)), `blanks end a line of ${answer.text}`);
  return true;
}

test("every expression of the demo keeps its meaning", () => {
  for (const text of demo()) assert.equal(holds(text), meaning(text) !== null, text);
});

test("every expression of the official suite keeps its meaning", (t) => {
  const expressions = suite();
  if (!expressions) return t.skip("the official suite is not on this machine");
  for (const text of expressions) assert.equal(holds(text), meaning(text) !== null, text);
});

test("made expressions with comments anywhere keep their meaning", () => {
  const sound = Array.from({ length: MADE }, (_, seed) => made(seed)).filter((text) => meaning(text) !== null);
  const formatted = sound.filter(holds);
  assert.ok(sound.length > MADE / 3, `only ${sound.length} were sound`);
  assert.ok(formatted.length > 0.98 * sound.length, `${formatted.length} of ${sound.length}`);
});

const LAYOUTS = {
  "operators get blanks": ["a+b*-c", "a + b * -c"],
  "an object that fits stays in a line": ['{"a":1,"b":[1,2]}', '{ "a": 1, "b": [1, 2] }'],
  "what stands in lines of its own stays there": ['{\n"a":1,"b":2}', '{\n  "a": 1,\n  "b": 2\n}'],
  "an object that does not fit has an entry a line": [
    `{"first_name":response.FirstName,"last_name":response.LastName,"name":response.FirstName&" "&response.LastName}`,
    `{
  "first_name": response.FirstName,
  "last_name": response.LastName,
  "name": response.FirstName & " " & response.LastName
}`,
  ],
  "the last argument opens in the line of the call": [
    `$map(response.items,function($item){{"id":$item.id,"name":$item.name,"description":$item.description}})`,
    `$map(response.items, function($item) { {
  "id": $item.id,
  "name": $item.name,
  "description": $item.description
} })`,
  ],
  "further conditions begin a line": [
    `response.status="new"?"open":response.status="hold"?"on_hold":response.status="solved"?"solved":response.status`,
    `response.status = "new" ? "open"
  : response.status = "hold" ? "on_hold"
  : response.status = "solved" ? "solved"
  : response.status`,
  ],
  "comments stay where they belong": [
    `/* head */ {
  /* the name */
  "name": Name, /* as they write it */

  "id": Id /* theirs */
  /* no more */
}
/* end */`,
    `/* head */
{
  /* the name */
  "name": Name, /* as they write it */

  "id": Id /* theirs */
  /* no more */
}
/* end */`,
  ],
  "a block has a statement a line": ["(\n$x:=1;$y := $x*2;\n$y)", "(\n  $x := 1;\n  $y := $x * 2;\n  $y\n)"],
  "paths, predicates and sorting stay tight": ["a . b [ c = 1 ] . `d e` ^( > f , g ) [ 0 ]", "a.b[c = 1].`d e`^(>f, g)[0]"],
  "strings and regular expressions are left alone": [`$replace(a,/ +\\/[/"]/i,'  x  ')`, `$replace(a, / +\\/[/"]/i, '  x  ')`],
};

for (const [behaviour, [text, expected]] of Object.entries(LAYOUTS)) {
  test(behaviour, () => assert.equal(formatExpression(text).text, expected));
}

test("a text with an error is refused, and so is one without an end", () => {
  for (const text of ["{", "1 +", "a b", '"open', "/* open"]) assert.ok(formatExpression(text).refused, text);
});

test("a very deep expression is refused rather than crashing", () => {
  assert.ok(formatExpression(`${"(".repeat(20000)}1${")".repeat(20000)}`).refused);
});

test("a long expression takes no time to speak of", () => {
  const text = `{${Array.from({ length: 1500 }, (_, index) => `"field_${index}": response.Field_${index} ? $string(response.Field_${index})`).join(",")}}`;
  const start = performance.now();
  assert.ok(formatExpression(text).text);
  assert.ok(performance.now() - start < 3000);
});
