// JSON that people type: the same texts are sound as for JSON.parse, and the rest has a sentence and a place.
import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonProblem, parseJson, prettyJson } from "../../static/src/playground/json.js";
import { placeOf, unitAt } from "../../static/src/playground/positions.js";

const WRONG = {
  '{"a": 1,}': [1, 8, /Nothing follows this comma/],
  "{a: 1}": [1, 2, /A key stands in "/],
  "{'a': 1}": [1, 2, /A key in " is expected/],
  '{"a" 1}': [1, 6, /A : is missing/],
  '{"a": 1 "b": 2}': [1, 9, /A comma or a } is expected/],
  '{"a": 1': [1, 1, /The { is not closed/],
  "[1, 2": [1, 1, /The \[ is not closed/],
  '{\n  "a": nil\n}': [2, 8, /nil is no JSON value/],
  '["x': [1, 2, /The text is not closed/],
  '["\\x"]': [1, 3, /does not know the escape/],
  "[01]": [1, 2, /no JSON number/],
  "[1] 2": [1, 5, /Nothing may follow/],
  "['a']": [1, 2, /JSON takes "/],
  '{"𝄞𝄞": x}': [1, 8, /x is no JSON value/],
  "undefined": [1, 1, /undefined is no JSON value/],
};

for (const [text, [line, column, sentence]] of Object.entries(WRONG)) {
  test(`wrong: ${text}`, () => {
    const fault = jsonProblem(text);
    assert.deepEqual([fault.line, fault.column], [line, column]);
    assert.match(fault.message, sentence);
    assert.ok(parseJson(text).fault);
  });
}

test("sound texts have no problem, blank ones are undefined", () => {
  for (const value of [null, true, -1.5e3, "a\"\\\n\u2028", [], {}, { a: [{ b: null }] }]) {
    assert.equal(jsonProblem(prettyJson(value)), null);
    assert.deepEqual(parseJson(` ${JSON.stringify(value)}\n`), { value });
  }
  assert.deepEqual(parseJson(" \n"), { undefined: true });
});

test("it agrees with JSON.parse on whatever is cut or changed", () => {
  const text = '{"a": [1, -2.5e+3, true, null, "x\\u00e9\\n"], "b": {"c": {}}}';
  for (let index = 0; index <= text.length; index += 1) {
    for (const changed of [text.slice(0, index), text.slice(0, index) + text.slice(index + 1), `${text.slice(0, index)},${text.slice(index)}`]) {
      let isSound = true;
      try {
        JSON.parse(changed);
      } catch {
        isSound = false;
      }
      const fault = jsonProblem(changed);
      assert.equal(fault === null, isSound || !changed.trim(), changed);
      if (fault) assert.notEqual(fault.message, "This is not JSON.", changed);
    }
  }
});

test("places count characters", () => {
  assert.deepEqual(placeOf("𝄞\n𝄞x", 5), { position: 3, line: 2, column: 2 });
  assert.equal(unitAt("𝄞\n𝄞x", 3), 5);
  assert.equal(unitAt("ab", 9), 2);
});
