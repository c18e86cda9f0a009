// The catalogue of functions: every example gives what it says.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import jsonata from "jsonata";

const FUNCTIONS = JSON.parse(readFileSync(new URL("../../static/src/playground/functions.json", import.meta.url), "utf8"));

for (const { name, signature, help, example, gives } of FUNCTIONS) {
  test(`$${name}`, async () => {
    const value = await jsonata(example).evaluate(undefined);
    assert.deepEqual(JSON.parse(JSON.stringify(value)), JSON.parse(gives));
    assert.ok(example.includes(`$${name}(`), example);
    assert.ok(signature.startsWith(`$${name}(`), signature);
    assert.match(help, /\.$/);
  });
}

test("each function once", () => {
  assert.equal(new Set(FUNCTIONS.map(({ name }) => name)).size, FUNCTIONS.length);
});
