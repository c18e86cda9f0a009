// Whether the server and the browser's reference engine gave the same, and where they first differ.

/** @typedef {{result: any} | {undefined: true} | {error: object} | {timedOut: true} | {superseded: true} | {unavailable: string}} Outcome */

const LONGEST = 60; // characters of a value in a sentence

/**
 * @param {Outcome} server
 * @param {Outcome} browser
 * @returns {{same: true} | {same: false, sentence: string, path: string} | {same: null, sentence: string}}
 *   null: they cannot be compared, and neither is wrong. `path` is a JSON Pointer into the result.
 */
export function sameOutcome(server, browser) {
  const reason = incomparable(server, browser);
  if (reason) return { same: null, sentence: reason };
  const [mine, theirs] = [kindOf(server), kindOf(browser)];
  if (mine !== theirs) return differs("", `the server gives ${told(server)}, the browser ${told(browser)}.`);
  if (mine === "undefined") return { same: true };
  if (mine === "error") {
    if (server.error.code === browser.error.code) return { same: true };
    return differs("", `the server stops with ${server.error.code}, the browser with ${browser.error.code}.`);
  }
  const found = firstDifference(server.result, browser.result, "");
  if (!found) return { same: true };
  const where = found.path ? `At ${found.path} the` : "The";
  return { same: false, path: found.path, sentence: `${where} server gives ${found.server}, the browser ${found.browser}.` };
}

const differs = (path, rest) => ({ same: false, path, sentence: rest.charAt(0).toUpperCase() + rest.slice(1) });

function incomparable(server, browser) {
  if (!server || !browser) return "One of the two has not answered.";
  if (browser.unavailable) return browser.unavailable;
  if (browser.timedOut) return "The browser took too long and was stopped.";
  if (browser.superseded || server.superseded) return "A newer change is being evaluated.";
  // A limit, or a rule, of one that the other does not know.
  if (server.error?.code?.startsWith("G")) return "The server stopped at a limit of its own.";
  if (browser.error?.code?.startsWith("G")) return "The browser stopped at a limit of its own.";
  return "";
}

function kindOf(outcome) {
  if ("error" in outcome) return "error";
  return "undefined" in outcome ? "undefined" : "result";
}

function told(outcome) {
  switch (kindOf(outcome)) {
    case "error":
      return `the error ${outcome.error.code}`;
    case "undefined":
      return "nothing";
    default:
      return shown(outcome.result);
  }
}

function firstDifference(server, browser, path) {
  if (Array.isArray(server) && Array.isArray(browser)) {
    const count = Math.max(server.length, browser.length);
    for (let index = 0; index < count; index += 1) {
      const found = atKey(server, browser, index, path, (list) => index < list.length);
      if (found) return found;
    }
    return null;
  }
  if (isObject(server) && isObject(browser)) {
    for (const key of new Set([...Object.keys(server), ...Object.keys(browser)])) {
      const found = atKey(server, browser, key, path, (value) => Object.hasOwn(value, key));
      if (found) return found;
    }
    return null;
  }
  return Object.is(server, browser) || server === browser ? null : { path, server: shown(server), browser: shown(browser) };
}

function atKey(server, browser, key, path, has) {
  const here = `${path}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
  if (has(server) && has(browser)) return firstDifference(server[key], browser[key], here);
  return { path: here, server: has(server) ? shown(server[key]) : "nothing", browser: has(browser) ? shown(browser[key]) : "nothing" };
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function shown(value) {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
