// When what is evaluated, and what is shown of it: the browser's answer at once, the server's a little later, and it counts.
import { sameOutcome } from "../compare.js";
import { parseJson } from "../json.js";
import { isObject, mergeOutcomes } from "./merge.js";

const SOON = 150; // ms of not typing before the browser evaluates
const LATER = 500; // ms before the server is asked
// What differs from run to run, so that two engines cannot agree on it.
const BY_CHANCE = /\$(?:now|millis|random|shuffle|uuid)\s*\(/;

/**
 * @typedef {{wanted: {layer: ?string, expression: string}[], before: ?{layer, expression}[], input: string, bindings: string}} Moment
 * @typedef {{output: object, failed: ?string, leaves: object[], outcomes: Map<string, object>}} Answer
 * @param {{server, reference, moment: () => Moment, view: object}} options
 *   `view`: checking(), badInput(where, fault), empty(), answered({answer, before, moment, by, milliseconds}), refused(sentence, signIn),
 *   waiting(sentence), differs(sentence or "")
 */
export function createJudge({ server, reference, moment, view }) {
  let version = 0;
  let timers = [];
  let told = 0; // the version that the server has answered

  const given = (now) => {
    const [input, bindings] = [parseJson(now.input), parseJson(now.bindings)];
    const faulty = input.fault ? ["input", input.fault] : bindings.fault ? ["bindings", bindings.fault] : null;
    if (faulty) return { faulty };
    if (!("undefined" in bindings) && !isObject(bindings.value)) {
      return { faulty: ["bindings", { code: "JSON", message: "Bindings must be an object: a name and a value for each variable.", position: null }] };
    }
    return { input, bindings: bindings.value ?? {} };
  };

  async function inBrowser(now, data) {
    const runs = [...now.wanted, ...(now.before ?? [])].map(({ expression }) => ({
      expression,
      bindings: data.bindings,
      ...("undefined" in data.input ? {} : { input: data.input.value }),
    }));
    const outcomes = await reference.evaluateAll(runs);
    const count = now.wanted.length;
    return { now: answerOf(now.wanted, outcomes.slice(0, count)), before: now.before && answerOf(now.before, outcomes.slice(count)) };
  }

  async function onServer(now, { fresh, isWanted }) {
    const ask = (layers) => server.ask({ layers, input: now.input, bindings: now.bindings }, { fresh, isWanted, onWait: view.waiting });
    const reply = await ask(now.wanted);
    if (!reply.answer) return { reply };
    const before = now.before?.length ? await ask(now.before) : null;
    return { reply, before: now.before && (before?.answer ? serverAnswer(now.before, before.answer) : before ? null : NONE) };
  }

  async function judge(mine, { fresh = false, later = LATER, soon = SOON } = {}) {
    const isWanted = () => mine === version;
    const now = moment();
    const data = given(now);
    if (data.faulty) return view.badInput(...data.faulty);
    if (!now.wanted.length) {
      return view.empty(now.before?.length ? (await inBrowser({ ...now, wanted: [] }, data)).before : null, now);
    }
    view.checking();
    const browser = wait(soon).then(async () => {
      if (!isWanted()) return null;
      const found = await inBrowser(now, data);
      const isUsable = isWanted() && told !== mine && !unusable(found.now);
      if (isUsable) view.answered({ answer: found.now, before: unusable(found.before) ? null : found.before, moment: now, by: "browser" });
      return found.now;
    });
    await wait(later);
    if (!isWanted()) return undefined;
    const { reply, before } = await onServer(now, { fresh, isWanted });
    if (!isWanted() || reply.superseded) return undefined;
    if (!reply.answer) return view.refused(reply.refused, reply.signIn === true);
    told = mine;
    const answer = serverAnswer(now.wanted, reply.answer);
    view.answered({ answer, before, moment: now, by: "server", milliseconds: reply.answer.milliseconds });
    const seen = await browser;
    if (isWanted() && seen) view.differs(difference(now.wanted, answer, seen));
    return undefined;
  }

  const wait = (milliseconds) => new Promise((done) => timers.push(setTimeout(done, milliseconds)));
  const start = (options) => {
    version += 1;
    timers.forEach(clearTimeout);
    timers = [];
    judge(version, options);
  };
  return { changed: () => start({}), now: () => start({ fresh: true, soon: 0, later: 0 }), first: () => start({ soon: 0, later: 0 }) };
}

const NONE = { output: { undefined: true }, failed: null, leaves: [], outcomes: new Map() };

function answerOf(layers, outcomes) {
  const said = layers.map(({ layer }, at) => ({ layer, outcome: outcomes[at] }));
  return { ...mergeOutcomes(said), outcomes: new Map(said.map(({ layer, outcome }) => [layer ?? "", outcome])) };
}

const serverAnswer = (layers, answer) => ({
  output: answer.output,
  failed: answer.failed,
  leaves: answer.leaves,
  outcomes: new Map(layers.map(({ layer }, at) => [layer ?? "", answer.layers[at]])),
});

/** Whether the browser has no answer of its own: a newer question, no worker, out of time. */
const unusable = (answer) =>
  answer !== null && [...answer.outcomes.values()].some((outcome) => outcome.superseded || outcome.timedOut || outcome.unavailable);

/** The sentence for the first layer on which the two differ; empty where none does. */
function difference(layers, server, browser) {
  for (const { layer, expression } of layers) {
    if (BY_CHANCE.test(expression)) continue;
    const compared = sameOutcome(server.outcomes.get(layer ?? ""), browser.outcomes.get(layer ?? ""));
    if (compared.same === false) return layer ? `In the ${layer} layer: ${compared.sentence}` : compared.sentence;
  }
  return "";
}
