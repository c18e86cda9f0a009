// What is said of entries that have no value because the sample lacks the field.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hintsFor, nearest } from "../../static/src/playground/page/hints.js";

const INPUT = { response: { Salutation: "Ms", Id: "1", Account: { Name: "Acme" }, Phones: [{ Type: "home" }, { Number: "1" }], None: null } };
const hints = (text, input = INPUT) => hintsFor(text, { input });
const MISSPELT = "segment has no value: the sample has no Salutaion in response. Did you mean Salutation?";

test("a misspelt field is named with the one that was meant", () => {
  assert.deepEqual(hints('{ "segment": response.Salutaion }'), [MISSPELT]);
  assert.deepEqual(hints('{ "a": respnse.Id }'), ["a has no value: the sample has no respnse. Did you mean response?"]);
  assert.deepEqual(hints('{ "a": response.account.Name }'), ["a has no value: the sample has no account in response. Did you mean Account?"]);
  assert.deepEqual(hints('{ "a": response.Tier }'), ["a has no value: the sample has no Tier in response; add it to the input to try it."]);
});

test("within functions, blocks and what a dot opens", () => {
  assert.deepEqual(hints('{ "segment": $uppercase($trim(response.Salutaion)) }'), [MISSPELT]);
  assert.deepEqual(hints('{ "segment": $substringBefore(response.Salutaion, ",") }'), [MISSPELT]);
  assert.deepEqual(hints('( $r := response; { "a": $r.Idd }; )'), ["a has no value: the sample has no Idd in $r. Did you mean Id?"]);
  assert.deepEqual(hints('response.{ "a": Idd }'), ["a has no value: the sample has no Idd. Did you mean Id?"]);
  assert.deepEqual(hints('{ "a": response.Phones[Type = "x"].Numbr }'), ['a has no value: the sample has no Numbr in response.Phones. Did you mean Number?']);
});

test("nothing of what has a value, or might have one", () => {
  for (const text of [
    '{ "a": response.Id, "b": response.Phones.Number, "c": response.None }',
    '{ "a": $exists(response.Tier), "b": $count(response.Tier), "c": response.Tier & "x", "d": response.Tier ? 1 : 2 }',
    '{ "a": response.*.Tier, "b": $unknown.Tier, "c": "Tier", "d": $mine(response.Tier), "e": [response.Tier] }',
    'response.Phones{ "a": Tier }', '$map(response.Phones, function($p) { { "a": Tier } })', 'true ? { "a": Tier }',
    "", "}", "{", '{ "a"', '{ "a": }', '{ "a": $trim( }', ")", '({ "a": )}', "response.Tier", '{ "a": $trim() }',
  ]) assert.deepEqual(hints(text), [], text);
  assert.deepEqual(hintsFor('{ "a": response.Tier }', {}), []);
});

test("three at most", () => assert.equal(hints('{ "a": A, "b": B, "c": C, "d": D }').length, 3));

test("what is near", () => {
  assert.equal(nearest("first_name", ["LastName", "FirstName"]), "FirstName");
  assert.equal(nearest("Adress", ["Id", "Address"]), "Address");
  assert.equal(nearest("Emial", ["Email", "Name"]), "Email");
  assert.equal(nearest("Tier", ["Id", "Name"]), "");
});
