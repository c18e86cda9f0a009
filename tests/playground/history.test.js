// The history of runs in the browser's storage.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHistory } from "../../static/src/playground/history.js";

class Store {
  constructor(most = Infinity) {
    this.items = new Map();
    this.most = most;
  }
  getItem(key) {
    return this.items.get(key) ?? null;
  }
  setItem(key, value) {
    if (value.length > this.most) throw new DOMException("full", "QuotaExceededError");
    this.items.set(key, value);
  }
}
const run = (expression) => ({ expression, input: "{}", bindings: "" });
const expressions = (history) => history.list().map((entry) => entry.expression);

test("runs are kept, newest first, across pages", () => {
  const storage = new Store();
  const history = createHistory({ storage });
  history.add(run("1"));
  history.add(run("2"));
  assert.deepEqual(expressions(createHistory({ storage })), ["2", "1"]);
  assert.ok(history.isKept);
});

test("the same run moves to the top and stands once", () => {
  const history = createHistory({ storage: new Store() });
  ["1", "2", "1"].forEach((text) => history.add(run(text)));
  assert.deepEqual(expressions(history), ["1", "2"]);
});

test("fifty are kept, and one can go", () => {
  const history = createHistory({ storage: new Store() });
  for (let index = 0; index < 60; index += 1) history.add(run(String(index)));
  assert.equal(history.list().length, 50);
  assert.equal(new Set(history.list().map(({ when }) => when)).size, 50);
  history.remove(history.list()[0].when);
  assert.equal(expressions(history)[0], "58");
  history.clear();
  assert.deepEqual(history.list(), []);
});

test("all entries together are bounded", () => {
  const history = createHistory({ storage: new Store() });
  for (let index = 0; index < 5; index += 1) history.add({ ...run(String(index)), input: "x".repeat(300_000) });
  assert.equal(history.list().length, 3);
});

test("a full or forbidden storage breaks nothing", () => {
  const full = new Store(150);
  const history = createHistory({ storage: full });
  ["1", "2", "3"].forEach((text) => history.add(run(text)));
  assert.equal(history.list().length, 3);
  assert.deepEqual(expressions(createHistory({ storage: full })), ["3"]);
  const none = createHistory({ storage: null });
  none.add(run("1"));
  assert.deepEqual([none.isKept, expressions(none)], [false, ["1"]]);
});

test("what is stored is not trusted", () => {
  for (const text of ["no JSON", "5", '[{"when": 5}, null, {"when": "2026-01-01T00:00:00Z", "expression": {}}]']) {
    const storage = new Store();
    storage.setItem("glasshouse:playground-history", text);
    assert.deepEqual(createHistory({ storage }).list(), []);
  }
});
