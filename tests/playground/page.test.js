// What the page of the playground reckons by itself: the merge, the fields of a sample, and the sample file.
import assert from "node:assert/strict";
import { test } from "node:test";
import jsonata from "jsonata";
import { fieldsOf, typedPath, unifiedName, withField } from "../../static/src/playground/page/fields.js";
import { isSame, mergeOutcomes, spoken } from "../../static/src/playground/page/merge.js";
import { asYaml } from "../../static/src/playground/page/yaml.js";

const platform = (result) => ({ layer: "platform", outcome: { result } });
const account = (result) => ({ layer: "account", outcome: { result } });
const nothing = { layer: "account", outcome: { undefined: true } };
const plain = (value) => JSON.parse(JSON.stringify(value));

test("objects merge key by key, everything else replaces", () => {
  const { output, leaves } = mergeOutcomes([platform({ a: 1, b: { c: [1], d: 2 } }), account({ b: { c: [2], e: null } })]);
  assert.deepEqual(plain(output), { result: { a: 1, b: { c: [2], d: 2, e: null } } });
  assert.deepEqual(
    leaves.map(({ path, layer, shadowed }) => [path, layer, shadowed.map((under) => under.value)]),
    [["/a", "platform", []], ["/b/c", "account", [[1]]], ["/b/d", "platform", []], ["/b/e", "account", []]],
  );
});

test("undefined leaves the lower value, null replaces it, a fault fails the whole", () => {
  assert.deepEqual(plain(mergeOutcomes([platform({ a: 1 }), nothing]).output), { result: { a: 1 } });
  assert.deepEqual(mergeOutcomes([platform({ a: 1 }), account(null)]).output, { result: null });
  assert.deepEqual(mergeOutcomes([nothing]).output, { undefined: true });
  const fault = { error: { code: "S0201", message: "no" } };
  const { output, failed, leaves } = mergeOutcomes([platform({ a: 1 }), { layer: "account", outcome: fault }]);
  assert.deepEqual([output, failed, leaves], [fault, "account", []]);
});

test("a merge changes none of its outcomes and takes __proto__ for a name", () => {
  const lower = JSON.parse('{"__proto__": {"x": 1}, "a": {"b": 1}}');
  const upper = JSON.parse('{"__proto__": {"y": 2}, "a": {"c": 2}}');
  const before = [JSON.stringify(lower), JSON.stringify(upper)];
  const { output } = mergeOutcomes([platform(lower), account(upper)]);
  assert.equal(JSON.stringify(output.result), '{"__proto__":{"x":1,"y":2},"a":{"b":1,"c":2}}');
  assert.deepEqual([JSON.stringify(lower), JSON.stringify(upper)], before);
  assert.equal({}.x, undefined);
});

test("sameness is that of JSON", () => {
  assert.ok(isSame({ a: [1, { b: null }] }, { a: [1, { b: null }] }));
  for (const [one, other] of [[1, "1"], [null, {}], [[], {}], [{ a: 1 }, { a: 1, b: 1 }], [[1], [1, 2]], [{ a: undefined }, { b: 1 }]]) {
    assert.ok(!isSame(one, other), JSON.stringify([one, other]));
  }
});

test("a pointer is spoken as a path", () => assert.equal(spoken("/name/a~1b/~0c"), "name.a/b.~c"));

test("a sample file quotes every text and keeps its shape", () => {
  const text = asYaml({ mapping: "a/b/c", input: { response: { "odd key": "no", Id: "010", list: [1, { a: "x", b: [] }, [true, null]] } }, expected: "\u0085\ufeff" });
  assert.equal(
    text,
    `mapping: "a/b/c"
input:
  response:
    "odd key": "no"
    Id: "010"
    list:
      - 1
      - a: "x"
        b: []
      - - true
        - null
expected: "\\u0085\\ufeff"
`,
  );
});

test("fields are named as JSONata reads them, lists gone through", async () => {
  const input = { response: { Id: "1", "odd name": 2, in: 3, lines: [{ sku: "a" }, { sku: "b", n: 1 }], tags: ["x"] } };
  const found = fieldsOf(input);
  assert.deepEqual(
    found.map(({ path }) => path),
    ["response.Id", "response.`odd name`", "response.`in`", "response.lines.sku", "response.lines.n", "response.tags"],
  );
  for (const { path } of found) assert.notEqual(await jsonata(path).evaluate(input), undefined, path);
});

test("a provider's name becomes a unified one", () => {
  const names = { Tier__c: "tier", MobilePhone: "mobile_phone", "Do Not Call": "do_not_call", id: "id", "": "field" };
  for (const [name, unified] of Object.entries(names)) assert.equal(unifiedName(name), unified);
});

test("a field is added to whatever object an expression ends in, and the result has it", async () => {
  const input = { response: { Id: "1", Tier__c: "gold" } };
  for (const text of ["", "  \n", "/* only a comment */", "{}", "{ }", '{ "id": response.Id }', '{\n  "id": response.Id\n}\n', '/* é😀 */ { "id": response.Id } ']) {
    const made = withField(text, "tier", "response.Tier__c");
    assert.equal((await jsonata(made.text).evaluate(input)).tier, "gold", made.text);
    assert.equal([...made.text].slice(made.at, made.at + made.length).join(""), "response.Tier__c");
  }
  assert.equal(withField("response.Id", "tier", "response.Tier__c"), null);
  assert.equal(withField('( $x := 1; { "a": $x } )', "tier", "response.Tier__c"), null);
  assert.deepEqual(withField('{ "tier": 1 }', "tier", "response.Tier__c"), { has: 2 });
});

test("a field that the sample lacks can be named", () => {
  const path = (typed, input = { response: {} }) => typedPath(typed, input)?.path;
  assert.equal(path(" Tier__c "), "response.Tier__c");
  assert.equal(path("response.Account.in"), "response.Account.`in`");
  assert.equal(path("Tier", { a: 1 }), "Tier");
  for (const typed of ["", "two words", "a..b", "1", "a.", '"x"', "$f()"]) assert.equal(path(typed), undefined, typed);
});
