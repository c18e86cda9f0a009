// Completion: what is proposed where the cursor (a | in the text) is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { completeAt, fieldsAt } from "../../static/src/playground/completion.js";

const INPUT = {
  response: {
    Id: "003",
    "Custom Field": 5,
    Account: { Name: "Acme", Owner: { Email: "dana@example.com" } },
    Phones: [{ Type: "home", Number: "1" }, { Kind: "work" }],
    in: true,
  },
  context: { region: "eu" },
};
const BINDINGS = { region: { code: "eu" } };

const at = (marked) => [marked.replace("|", ""), marked.indexOf("|")];
const labels = (marked, given = { input: INPUT, bindings: BINDINGS }) => completeAt(...at(marked), given)?.options.map(({ label }) => label) ?? null;
const fields = (marked) => fieldsAt(...at(marked), { input: INPUT, bindings: BINDINGS }).map(({ name }) => name);

test("the fields of the path before the cursor", () => {
  assert.deepEqual(labels("response.Account.|"), ["Name", "Owner"]);
  assert.deepEqual(labels("response.Account.Ow|"), ["Name", "Owner"]);
  assert.deepEqual(fields("response.Account.Owner.|"), ["Email"]);
  assert.deepEqual(fields("|"), ["response", "context"]);
  assert.deepEqual(fields('{"tier": |}'), ["response", "context"]);
});

test("through lists, predicates and wildcards", () => {
  assert.deepEqual(fields("response.Phones.|"), ["Type", "Number", "Kind"]);
  assert.deepEqual(fields("response.Phones[Type = 'home'].|"), ["Type", "Number", "Kind"]);
  assert.deepEqual(fields("response.Phones[|"), ["Type", "Number", "Kind"]);
  assert.ok(fields("response.*.|").includes("Owner"));
});

test("within what a dot opens the context is the path before it", () => {
  assert.deepEqual(fields("response.Account.{'name': |}"), ["Name", "Owner"]);
  assert.deepEqual(fields("response.Account.(Na|)"), ["Name", "Owner"]);
  assert.deepEqual(fields("response.Phones{|: 1}"), ["Type", "Number", "Kind"]);
  assert.deepEqual(fields("$map(response.Phones, function($p) { | })"), ["response", "context"]);
});

test("variables that are paths have their fields", () => {
  assert.deepEqual(fields("( $a := response.Account; $a.| )"), ["Name", "Owner"]);
  assert.deepEqual(fields("response.Account.$.|"), ["Name", "Owner"]);
  assert.deepEqual(fields("response.Account.($$.|)"), ["response", "context"]);
  assert.deepEqual(fields("$region.|"), ["code"]);
  assert.deepEqual(fields("( $a := $lookup(response, 'Account'); $a.| )"), []);
  assert.deepEqual(fields("( $a := $a.b; $a.| )"), []);
});

test("names that need it are quoted", () => {
  const { options } = completeAt(...at("response.|"), { input: INPUT });
  const apply = Object.fromEntries(options.map((option) => [option.label, option.apply]));
  assert.deepEqual([apply.Id, apply["Custom Field"], apply.in], [undefined, "`Custom Field`", "`in`"]);
  assert.equal(options.find(({ label }) => label === "Id").info, '"003"');
});

test("behind a $ stand variables and functions", () => {
  const found = labels("( $mine := 1; $map([1], function($each, $at) { $| }) )");
  assert.deepEqual(found.slice(0, 4), ["$at", "$each", "$mine", "$region"]);
  assert.ok(found.includes("$substringBefore"));
  const { from, options } = completeAt(...at("1 + $su|"), {});
  assert.equal(from, 4);
  const sum = options.find(({ label }) => label === "$sum");
  assert.deepEqual([sum.apply, sum.type], [undefined, "function"]); // the editor adds the brackets
});

test("nothing within texts, comments, numbers and regular expressions, nor behind a value", () => {
  for (const text of ['"response.|"', "/* response.| */", "1.|", "/resp|/", "response |", '"open response.|']) assert.equal(labels(text), null, text);
});

test("any text at any place is answered", () => {
  const text = "λ($x){ $x.a[b.(`c d`)]{e: $f ~> |$|{}|} } ? /r/ : [1..2]^(>a)#$i@$j";
  for (let end = 0; end <= text.length; end += 1) {
    for (let offset = 0; offset <= end; offset += 1) completeAt(text.slice(0, end), offset, { input: INPUT, bindings: BINDINGS });
  }
});
