// Redaction: what is obvious goes, what an expression needs stays, and an expected output still fits its input.
import assert from "node:assert/strict";
import { test } from "node:test";
import jsonata from "jsonata";
import { redact, redactTogether } from "../../static/src/playground/redact.js";

const CONTACT = {
  Id: "003Qy00000AbCdEIAV",
  FirstName: "Wilhelmina",
  LastName: "Fitzgerald",
  Email: "w.fitzgerald@acme.org",
  Phone: "+44 20 7946 0958",
  Birthdate: "1984-03-02",
  Tier__c: "Gold",
  CreatedDate: "2025-11-03T09:21:00.000Z",
  Amount: 1250.5,
  Active: true,
  Notes: "Ask Wilhelmina, or write to w.fitzgerald@acme.org.",
  Address: { Street: "12 Baker Street", City: "London", PostalCode: "NW1 6XE" },
  attributes: { type: "Contact", url: "/services/data/v59.0/sobjects/Contact/003Qy00000AbCdEIAV" },
};

test("names, addresses, numbers and dates of birth are replaced, wherever they stand", () => {
  const { value, changes } = redact(CONTACT);
  const text = JSON.stringify(value);
  for (const personal of ["Wilhelmina", "Fitzgerald", "acme.org", "7946", "1984", "Baker", "NW1 6XE"]) {
    assert.ok(!text.includes(personal), personal);
  }
  assert.deepEqual(changes.find(({ path }) => path === "/Email"), { path: "/Email", kind: "e-mail address" });
  assert.ok(changes.some(({ path }) => path === "/Notes"));
  assert.ok(changes.some(({ path }) => path === "/Address/Street"));
});

test("everything else stays, with its type", () => {
  const { value } = redact(CONTACT);
  for (const key of ["Id", "Tier__c", "CreatedDate", "Amount", "Active", "attributes"]) assert.deepEqual(value[key], CONTACT[key]);
  assert.deepEqual(Object.keys(value), Object.keys(CONTACT));
  assert.equal(value.Address.City, "London");
  assert.equal(CONTACT.FirstName, "Wilhelmina");
});

test("an expected output is redacted in step with its input", async () => {
  const mapping = jsonata('{"name": FirstName & " " & LastName, "mail": Email, "phones": [Phone], "tier": Tier__c}');
  const expected = await mapping.evaluate(CONTACT);
  const { values, changes } = redactTogether([CONTACT, {}, expected]);
  assert.deepEqual(JSON.parse(JSON.stringify(await mapping.evaluate(values[0]))), JSON.parse(JSON.stringify(values[2])));
  assert.ok(changes.some(({ document, path }) => document === 2 && path === "/name"));
});

test("secrets go, by their key and by their look", () => {
  const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
  const { value } = redact({ access_token: "hunter2hunter2", note: `sent ${jwt}`, authorization: "Bearer abcdef", other: "sk_live_0123456789abcdefABCDEF" });
  const text = JSON.stringify(value);
  for (const secret of ["hunter2", "eyJ", "abcdef"]) assert.ok(!text.includes(secret), secret);
});

test("bank accounts and cards go; counts, versions and identifiers stay", () => {
  const { value } = redact({ memo: "IBAN DE89 3704 0044 0532 0130 00, card 4111 1111 1111 1111", version: "10.2.33.4", count: 5550100, sku: "1234567", when: "2025-01-31 10:22:11" });
  assert.ok(!/3704|4111/.test(value.memo), value.memo);
  assert.deepEqual({ ...value, memo: "" }, { memo: "", version: "10.2.33.4", count: 5550100, sku: "1234567", when: "2025-01-31 10:22:11" });
});

test("different people stay different, and the same one the same", () => {
  const { value } = redact([{ email: "a@b.co" }, { email: "c@d.co" }, { email: "a@b.co" }]);
  assert.equal(value[0].email, value[2].email);
  assert.notEqual(value[0].email, value[1].email);
});

test("redacting twice changes nothing that matters, and other values pass through", () => {
  for (const value of [null, 5, "", [], {}, { name: "" }, { name: null, phone: 12 }]) assert.deepEqual(redact(value), { value, changes: [] });
});
