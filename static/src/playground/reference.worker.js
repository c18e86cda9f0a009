// The reference implementation of JSONata, in a worker that can be ended. It answers what reference.js asks.
import jsonata from "jsonata";
import { formatExpression } from "./format.js";
import { placeOf } from "./positions.js";

// A shared link brings an expression along. Whatever one might reach here, there is no network and no storage to it.
const CLOSED = ["fetch", "XMLHttpRequest", "WebSocket", "WebSocketStream", "WebTransport", "EventSource", "Worker", "importScripts", "indexedDB", "caches", "BroadcastChannel"];
for (const name of CLOSED) if (name in self) Object.defineProperty(self, name, { value: undefined });

async function evaluate({ expression, input, bindings }) {
  try {
    const value = await jsonata(expression).evaluate(input, bindings ?? {});
    return value === undefined ? { undefined: true } : { result: strict(value) };
  } catch (error) {
    return { error: faultOf(error, expression) };
  }
}

class NotJson extends Error {}

/** The value as strict JSON, as the server gives it. */
function strict(value) {
  const text = JSON.stringify(value, (key, part) => {
    if (typeof part === "function" || part?._jsonata_lambda || part?._jsonata_function) throw new NotJson();
    return part;
  });
  if (text === undefined) throw new NotJson();
  return JSON.parse(text);
}

/** Codes with G are not JSONata's: a comparison with the server's answer passes over them. */
function faultOf(error, expression) {
  const nowhere = { position: null, line: null, column: null };
  if (error instanceof NotJson) return { code: "GRESULT", message: "The result holds a function, which JSON cannot.", ...nowhere, token: null };
  if (error instanceof RangeError) return { code: "GDEPTH", message: "The expression calls itself too deeply.", ...nowhere, token: null };
  const token = error?.token === undefined || error.token === null ? null : String(error.token);
  const place = Number.isInteger(error?.position) ? placeOf(expression, startOf(expression, error.position, token)) : nowhere;
  return { code: String(error?.code ?? "GERROR"), message: String(error?.message ?? error), token, ...place };
}

/** The reference tells where the token ends. */
function startOf(expression, end, token) {
  const length = token?.length ?? 0;
  if (length && expression.slice(end - length, end) === token) return end - length;
  return Math.max(0, Math.min(end, expression.length) - (length ? 1 : 0));
}

addEventListener("message", async ({ data: { id, runs, format } }) => {
  if (format !== undefined) {
    postMessage({ id, formatted: formatExpression(format) });
    return;
  }
  const outcomes = [];
  for (const run of runs) outcomes.push(await evaluate(run));
  postMessage({ id, outcomes });
});
