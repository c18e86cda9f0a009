// Picking a function from the list: what it goes around, and where the cursor is then.
import assert from "node:assert/strict";
import { test } from "node:test";
import { wrapAt } from "../../static/src/playground/wrap.js";

/** `|` is the cursor; with two of them, what is between is selected. */
function wrap(marked, name) {
  const parts = marked.split("|");
  const from = parts[0].length;
  const { text, selection, change } = wrapAt(parts.join(""), from, from + (parts.length > 2 ? parts[1].length : 0), name);
  const plain = parts.join("");
  assert.equal(plain.slice(0, change.from) + change.insert + plain.slice(change.to), text);
  assert.equal(selection.anchor, selection.head);
  return `${text.slice(0, selection.head)}|${text.slice(selection.head)}`;
}

test("what is selected is wrapped", () => {
  assert.equal(wrap('{ "segment": |response.Salutation| }', "uppercase"), '{ "segment": $uppercase(response.Salutation)| }');
  assert.equal(wrap("|response.X|", "substringBefore"), "$substringBefore(response.X, |)");
  assert.equal(wrap("| a & b | ", "trim"), " $trim(a & b)|  ");
  assert.equal(wrap("response.|Name|", "trim"), "response.$trim(Name)|");
});

test("of a whole entry that is selected its value is wrapped", () => {
  assert.equal(wrap('{ |"a": response.X,| "b": 1 }', "uppercase"), '{ "a": $uppercase(response.X)|, "b": 1 }');
});

test("the value at the cursor is wrapped", () => {
  const whole = "$uppercase(response.Salutation)|";
  for (const at of ["|response.Salutation", "resp|onse.Salutation", "response|.Salutation", "response.Salu|tation", "response.Salutation|"]) {
    assert.equal(wrap(`{ "a": ${at} }`, "uppercase"), `{ "a": ${whole} }`);
  }
  assert.equal(wrap("1 + $a.b|", "abs"), "1 + $abs($a.b)|");
  assert.equal(wrap("a.`b c`|", "trim"), "$trim(a.`b c`)|");
  assert.equal(wrap("a & b|", "trim"), "a & $trim(b)|");
  assert.equal(wrap('"x"|', "length"), '$length("x")|');
});

test("a closing bracket belongs to all of its value", () => {
  assert.equal(wrap("$trim(a.b)|", "uppercase"), "$uppercase($trim(a.b))|");
  assert.equal(wrap("$tr|im(a.b)", "uppercase"), "$uppercase($trim(a.b))|");
  assert.equal(wrap("a.b[c = 1].d[0]|", "string"), "$string(a.b[c = 1].d[0])|");
  assert.equal(wrap("x.a|.b[0].(c)", "string"), "$string(x.a.b[0].(c))|");
  assert.equal(wrap("a^(b)|", "reverse"), "$reverse(a^(b))|");
  assert.equal(wrap("a ~> $trim|", "uppercase"), "$uppercase(a ~> $trim)|");
  assert.equal(wrap("[1, 2]|", "sum"), "$sum([1, 2])|");
});

test("with nothing there it stands alone", () => {
  assert.equal(wrap("|", "uppercase"), "$uppercase(|)");
  assert.equal(wrap('{ "a": | }', "uppercase"), '{ "a": $uppercase(|) }');
  assert.equal(wrap("f(|)", "trim"), "f($trim(|))");
  assert.equal(wrap("a + |", "substringBefore"), "a + $substringBefore(|)");
  assert.equal(wrap("a + |", "millis"), "a + $millis()|");
});

test("what has nothing to take takes the place of the selection", () => assert.equal(wrap('{ "a": |b| }', "millis"), '{ "a": $millis()| }'));

test("brackets without a partner do no harm", () => {
  for (const marked of [")|", "a)|", "a.|", "a[|", ".|.", "(a|", "a.(|", "}|{", "[[)|"]) assert.match(wrap(marked, "trim"), /\$trim\(/);
});
