// The share link: everything in the fragment, nothing lost, nothing trusted.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { decodeState, encodeState } from "../../static/src/playground/share.js";

const STATE = {
  layers: [{ layer: "account", expression: '{"näme": "𝄞 & #?%"}', enabled: false }],
  input: '{"response": {}}',
  bindings: "",
  context: { account: "acme-corp" },
};
const linked = (value) => `v1.${deflateRawSync(Buffer.from(typeof value === "string" ? value : JSON.stringify(value))).toString("base64url")}`;

test("a state comes back as it was", async () => {
  const { fragment } = await encodeState(STATE);
  assert.match(fragment, /^v1\.[\w-]+$/);
  assert.deepEqual(await decodeState(fragment), { state: STATE });
  assert.deepEqual(await decodeState(`#${fragment}`), { state: STATE });
});

test("other fragments are not ours", async () => {
  assert.equal(await decodeState(""), null);
  assert.equal(await decodeState("#content"), null);
});

test("a damaged link is refused with a sentence", async () => {
  const { fragment } = await encodeState(STATE);
  for (const bad of [fragment.slice(0, -9), "v1.", "v1.!!!", linked("no JSON"), linked([1]), linked({ input: 5 }), linked({ layers: [1] }), linked({ context: { a: {} } })]) {
    assert.match((await decodeState(bad)).refused, /damaged/, bad);
  }
});

test("unknown keys are dropped", async () => {
  assert.deepEqual(await decodeState(linked({ expression: "1", evil: 1, layers: [{ expression: "2", onclick: "x" }] })), {
    state: { expression: "1", layers: [{ expression: "2" }] },
  });
  const { state } = await decodeState(linked('{"context": {"__proto__": "x"}}'));
  assert.equal(Object.getPrototypeOf(state.context), Object.prototype);
});

test("a link stays within what programs take, and unpacks to a bounded size", async () => {
  let text = "";
  for (let index = 0; index < 20_000; index += 1) text += Math.sin(index).toString(36).slice(3, 7);
  assert.match((await encodeState({ input: text })).refused, /too long for a link/);
  assert.match((await encodeState({ input: "x".repeat(2 * 1024 * 1024) })).refused, /too long for a link/);
  assert.match((await decodeState(linked({ input: "x".repeat(2 * 1024 * 1024) }))).refused, /damaged/);
});
