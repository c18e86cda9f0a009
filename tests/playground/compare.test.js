// The comparison of the two engines' answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sameOutcome } from "../../static/src/playground/compare.js";

test("the same JSON is the same, whatever the order of its keys", () => {
  assert.deepEqual(sameOutcome({ result: { a: 1, b: [1, 2] } }, { result: { b: [1, 2], a: 1 } }), { same: true });
  assert.deepEqual(sameOutcome({ undefined: true }, { undefined: true }), { same: true });
  assert.deepEqual(sameOutcome({ error: { code: "T2001" } }, { error: { code: "T2001" } }), { same: true });
});

test("the first difference is named with its path", () => {
  const found = sameOutcome({ result: { name: { "first/last": ["a", "b"] } } }, { result: { name: { "first/last": ["a", "c"] } } });
  assert.equal(found.same, false);
  assert.equal(found.path, "/name/first~1last/1");
  assert.equal(found.sentence, 'At /name/first~1last/1 the server gives "b", the browser "c".');
});

test("a key or an item that one of them lacks is a difference", () => {
  assert.equal(sameOutcome({ result: { a: null } }, { result: {} }).sentence, "At /a the server gives null, the browser nothing.");
  assert.equal(sameOutcome({ result: [1] }, { result: [1, 2] }).path, "/1");
  assert.equal(sameOutcome({ result: {} }, { result: JSON.parse('{"__proto__": 1}') }).path, "/__proto__");
});

test("a value, nothing and an error are three things", () => {
  assert.equal(sameOutcome({ result: null }, { undefined: true }).sentence, "The server gives null, the browser nothing.");
  assert.match(sameOutcome({ error: { code: "D1009" } }, { result: 1 }).sentence, /the error D1009, the browser 1/);
  assert.match(sameOutcome({ error: { code: "D1009" } }, { error: { code: "T1006" } }).sentence, /D1009.*T1006/);
});

test("what cannot be compared is no difference", () => {
  for (const browser of [{ timedOut: true }, { superseded: true }, { unavailable: "No worker." }, undefined]) {
    assert.equal(sameOutcome({ result: 1 }, browser).same, null);
  }
  assert.equal(sameOutcome({ error: { code: "G0101" } }, { result: 1 }).same, null);
});
