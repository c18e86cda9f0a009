// How the page begins: what it was opened for, what was shared, or what was typed here before; samples and examples.
import { prettyJson } from "../json.js";
import { decodeState } from "../share.js";
import { EXAMPLES } from "./examples.js";
import { isBlank } from "./expressions.js";

const shownExample = ({ expression, input, bindings = {} }) => ({ expression, input: prettyJson(input), bindings: prettyJson(bindings) });

/** What the address asks for, as if nobody had typed yet. */
export function begin(root, desk, data) {
  const given = data.given ?? shownExample(EXAMPLES[0]);
  desk.setState(given);
  desk.setSample(given);
  const about = root.querySelector("[data-example-about]");
  if (about) about.textContent = EXAMPLES[0].about;
  if (!desk.isOfLayers) return;
  const own = desk.layers.all.at(-1);
  const speaking = desk.layers.all.filter((each) => !each.isDropped && !isBlank(each.original));
  // A person comes to see what their account says, or what it could say.
  desk.layerTabs.choose((own.name === "account" ? own : (speaking.at(-1) ?? own)).name);
  if (own.name === "account" && isBlank(own.original) && !own.isDropped) desk.givenTabs.choose("fields");
}

/** @returns {Promise<?{state: object, words: string} | {refused: string}>} what the link or this tab brings along */
export async function brought(keep) {
  const shared = location.hash.length > 1 ? await decodeState(location.hash) : null;
  if (shared?.refused) return shared;
  if (shared) return { state: shared.state, words: "This is what was shared with you." };
  const typed = keep.load();
  return typed ? { state: typed, words: "What you typed here before is back." } : null;
}

/** @returns {Promise<?{input: string, bindings: string, about: string}>} a sample of this mapping */
async function fetched(root, name) {
  const address = new URL(location.href);
  address.searchParams.set("sample", name);
  const answer = await fetch(root.dataset.sample + address.search, { headers: { Accept: "application/json" } }).catch(() => null);
  return answer?.ok && !answer.redirected ? answer.json() : null;
}

/** What was typed before belongs to another sample than the page came with: that one is what it can go back to. */
export async function rejoin(root, desk, name) {
  const select = root.querySelector("[data-samples]");
  if (!select || select.value === name || ![...select.options].some((option) => option.value === name)) return;
  select.value = name;
  const sample = await fetched(root, name);
  if (sample && select.value === name) desk.setSample(sample);
}

/** The choice of samples, for a mapping. */
export function connectSamples({ root, desk, tell, touch }) {
  const select = root.querySelector("[data-samples]");
  select?.addEventListener("change", async () => {
    const address = new URL(location.href);
    address.hash = "";
    address.searchParams.set("sample", select.value);
    const sample = await fetched(root, select.value);
    if (!sample) return tell("The sample could not be fetched; reload the page.");
    root.querySelector("[data-sample-about]").textContent = sample.about;
    desk.setState({ input: sample.input, bindings: sample.bindings });
    desk.setSample(sample);
    history.replaceState(history.state, "", address);
    return touch();
  });
}

/** The choice of examples, for the page that begins empty. */
export function connectExamples({ root, desk, tell, touch, isTouched }) {
  const select = root.querySelector("[data-examples]");
  if (!select) return;
  select.append(...EXAMPLES.map((example, index) => new Option(example.title, String(index))));
  select.addEventListener("change", () => {
    const [before, wasTyped] = [desk.state(), isTouched()];
    const example = EXAMPLES[Number(select.value)];
    desk.setState(shownExample(example));
    desk.setSample(shownExample(example));
    root.querySelector("[data-example-about]").textContent = example.about;
    touch();
    if (!wasTyped) return tell("");
    return tell("The example has taken the place of what you had.", "Undo", () => {
      desk.setState(before);
      touch();
    });
  });
}
