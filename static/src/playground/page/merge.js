// The merge of layers' outcomes in the browser, as integrations/core/outputs.py does it on the server: objects merge key
// by key, everything else replaces, undefined leaves the lower value, and one failed layer fails the whole.

/** @typedef {{layer: ?string, outcome: object}} Said */

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const holds = (value, key) => Object.prototype.hasOwnProperty.call(value, key);

/** @param {Said[]} said lowest first → {output, failed: ?string, leaves: [{path, layer, value, shadowed}]} */
export function mergeOutcomes(said) {
  const failed = said.find(({ outcome }) => !("result" in outcome) && !("undefined" in outcome));
  if (failed) return { output: failed.outcome, failed: failed.layer, leaves: [] };
  const results = said.filter(({ outcome }) => "result" in outcome).map(({ layer, outcome }) => ({ layer, value: outcome.result }));
  if (!results.length) return { output: { undefined: true }, failed: null, leaves: [] };
  const merged = results.slice(1).reduce((lower, { value }) => joined(lower, value), results[0].value);
  const leaves = said[0].layer === null ? [] : [...leavesOf(merged, "", results)];
  return { output: { result: merged }, failed: null, leaves };
}

/** A new value: nothing of the outcomes is changed. Without a prototype, so that a key named __proto__ is a key. */
function joined(lower, upper) {
  if (!isObject(lower) || !isObject(upper)) return upper;
  const made = Object.assign(Object.create(null), lower);
  for (const key of Object.keys(upper)) made[key] = holds(lower, key) ? joined(lower[key], upper[key]) : upper[key];
  return made;
}

function* leavesOf(value, path, said) {
  if (isObject(value) && Object.keys(value).length) {
    for (const key of Object.keys(value)) {
      const below = said.filter((each) => isObject(each.value) && holds(each.value, key));
      yield* leavesOf(value[key], child(path, key), below.map(({ layer, value: given }) => ({ layer, value: given[key] })));
    }
    return;
  }
  const winner = said.at(-1);
  yield { path, layer: winner.layer, value, shadowed: said.slice(0, -1) };
}

/** JSON Pointer (RFC 6901) of a member. */
export const child = (path, key) => `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;

/** `/name/first` as people say it. */
export const spoken = (pointer) =>
  pointer.slice(1).split("/").map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~")).join(".");

export function isSame(one, other) {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((item, at) => isSame(item, other[at]));
  if (!isObject(one) || !isObject(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => holds(other, key) && isSame(one[key], other[key]));
}
