// What the page says of an answer: status, problems, changes, the tree, and what differs between the two engines.
import { badge, element, show } from "./elements.js";
import { child, isObject } from "./merge.js";
import { renderOutput, reveal, told } from "./output.js";
import { sentence } from "./layers.js";

const LIMITS = /^(?:D101[12]|G01)/; // the codes of faults at which the server stopped by itself (docs/jsonata.md)

/** @param {{root: Element, desk: object, signIn: () => string}} options `signIn`: the address to sign in at */
export function createView({ root, desk, signIn }) {
  const { layers, jsonProblem } = desk;
  const at = (name) => root.querySelector(`[data-${name}]`);
  const [status, output, changes, difference, spokenTo, copy] = ["status", "output", "changes", "difference", "spoken"].map(at).concat(root.querySelector("[data-do=copy]"));
  const views = [...root.querySelectorAll("[data-view]")];
  let isAlone = false;
  let last = null; // {answer, before, moment, by}
  let isCurrent = false; // whether `last` answers what the editors say now
  let refusal = "";
  let current = ""; // the layer whose tab is open

  const say = (words, kind = "") => {
    status.replaceChildren(...[words].flat());
    status.dataset.state = kind;
  };
  const speak = (words) => {
    if (spokenTo.textContent !== words) spokenTo.textContent = words;
  };

  function message(...children) {
    output.replaceChildren(element("p", { class: "pg-nothing" }, ...children));
    output.classList.remove("is-stale");
    show(changes, false);
    copy.disabled = true;
  }

  /** An error keeps the last result in sight, dimmed: it comes back with the next good keystroke. */
  function failed(answer) {
    const name = answer.failed ?? "";
    const fault = answer.output.error;
    layers.setFaults(new Map([...answer.outcomes].filter(([, outcome]) => outcome.error).map(([layer, outcome]) => [layer, outcome.error])));
    const go = () => {
      desk.layerTabs?.choose(name);
      layers.byName(name).editor.select(fault.position ?? 0);
    };
    changes.replaceChildren(
      element("strong", {}, "No result: "),
      ...(name ? ["the ", badge(name), " layer has an error. "] : []),
      ...(fault ? sentence(fault, go) : [answer.output.unavailable ?? "it took too long."]),
    );
    changes.dataset.state = "error";
    show(changes, true);
    output.classList.add("is-stale");
    copy.disabled = true;
    speak(`No result. ${fault?.message ?? ""}`);
  }

  function succeeded({ answer, before, moment }) {
    layers.setFaults(new Map());
    const compared = before && !before.output.error ? before : null;
    const scrolled = output.scrollTop;
    const differing = renderOutput(output, answer, compared);
    output.scrollTop = scrolled;
    reveal(output);
    output.classList.remove("is-stale");
    copy.disabled = !("result" in answer.output);
    const words = told(differing);
    const sum = moment.against ? `${moment.against}: ${words || "no difference"}.` : "";
    changes.dataset.state = words ? "changed" : "same";
    changes.textContent = sum;
    show(changes, Boolean(sum) && compared !== null);
    speak(`The result is there. ${sum}`);
  }

  function alone() {
    const outcome = last.answer.outcomes.get(current);
    layers.setFaults(new Map([...last.answer.outcomes].filter(([, each]) => each.error).map(([layer, each]) => [layer, each.error])));
    if (!outcome || outcome.error) return message(outcome?.error ? `The ${current} layer gives no result: ${outcome.error.message}` : `The ${current} layer takes no part.`);
    const leaves = "result" in outcome ? [...leavesOf(outcome.result, "", current)] : [];
    renderOutput(output, { output: outcome, leaves }, null);
    output.classList.remove("is-stale");
    copy.disabled = !("result" in outcome);
    return show(changes, false);
  }

  function draw() {
    if (!last) return;
    if (isAlone) alone();
    else if ("result" in last.answer.output || "undefined" in last.answer.output) succeeded(last);
    else failed(last.answer);
  }

  for (const button of views) {
    button.addEventListener("click", () => {
      isAlone = button.dataset.view === "alone";
      for (const each of views) each.setAttribute("aria-pressed", String(each === button));
      draw();
    });
  }

  return {
    /** The outcome that is shown, once the server has given it; null before. */
    settled: () => (isCurrent && last?.by === "server" ? last : null),
    /** Why the server did not answer; empty where it did, or may yet. */
    refusal: () => refusal,
    shown: () => (last ? (isAlone ? last.answer.outcomes.get(current) : last.answer.output) : null),
    openedLayer: (name) => {
      current = name;
      if (isAlone) draw();
    },
    checking: () => {
      isCurrent = false;
      refusal = "";
      say("checking…", "checking");
      jsonProblem("input", null);
      jsonProblem("bindings", null);
    },
    waiting: (words) => say(words, "waiting"),
    refused: (words, isSignedOut) => {
      // Some sentences speak of the server itself: it is away, or busy.
      refusal = isSignedOut || words.startsWith("The server") ? words : `The server refused this input: ${words}`;
      say([`Not checked. ${words} `, ...(isSignedOut ? [element("a", { href: signIn() }, "Sign in")] : [])], "refused");
      if (isSignedOut) speak(words);
    },
    badInput: (where, fault) => {
      last = null;
      jsonProblem(where, fault);
      say("waiting for the input", "refused");
      output.classList.add("is-stale");
      changes.textContent = where === "input" ? "The input is not JSON yet, so there is nothing to try on." : "The bindings are not JSON yet.";
      changes.dataset.state = "error";
      show(changes, true);
      copy.disabled = true;
    },
    empty: (before, moment) => {
      last = null;
      layers.setFaults(new Map());
      say("");
      show(difference, false);
      if (before && moment.against) {
        const gone = renderOutput(output, { output: { undefined: true }, leaves: [] }, before.output.error ? null : before);
        changes.textContent = `${moment.against}: ${told(gone) || "no difference"}.`;
        changes.dataset.state = "changed";
        show(changes, true);
      } else message("No expression takes part yet.");
    },
    answered: (shown) => {
      last = shown;
      isCurrent = true;
      if (shown.by === "server") say(...verdict(shown));
      show(difference, false);
      draw();
    },
    differs: (words) => {
      difference.replaceChildren(...(words ? [element("strong", {}, "The browser's engine gives something else. "), `${words} The server's answer is shown, and counts.`] : []));
      show(difference, words !== "");
    },
  };
}

/** Green is for a result alone: that the server looked at it does not make a failure good. */
function verdict({ answer, milliseconds }) {
  const time = `${milliseconds.toLocaleString("en")} ms`;
  if (!answer.output.error) return [`checked by the server in ${milliseconds} ms`, "checked"];
  if (LIMITS.test(answer.output.error.code)) return [`the server stopped it after ${time}`, "failed"];
  return [`the server finds an error too, in ${time}`, "failed"];
}

function* leavesOf(value, path, layer) {
  if (isObject(value) && Object.keys(value).length) for (const key of Object.keys(value)) yield* leavesOf(value[key], child(path, key), layer);
  else yield { path, layer, value, shadowed: [] };
}
