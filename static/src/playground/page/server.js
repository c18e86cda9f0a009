// The server's answer, which is the one that counts. One request at a time, the newest one wins, and an answer that is
// known is not asked for again. Input and bindings go as the person wrote them: JavaScript would round large numbers.

const KEPT = 24; // answers
const MOST_TRIES = 4;
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/**
 * @typedef {{layers: {layer: ?string, expression: string}[], input: string, bindings: string}} Wanted
 * @typedef {{answer: object} | {refused: string, signIn?: boolean} | {superseded: true}} Reply
 */

/** @returns {{ask: (wanted: Wanted, options: {fresh?: boolean, isWanted: () => boolean, onWait: (sentence: string) => void}) => Promise<Reply>}} */
export function createServer({ address, token }) {
  const known = new Map();
  let last = Promise.resolve();

  const keep = (body, answer) => {
    known.delete(body);
    known.set(body, answer);
    if (known.size > KEPT) known.delete(known.keys().next().value);
  };

  async function once(body) {
    let response;
    try {
      response = await fetch(address, {
        method: "POST",
        body,
        headers: { "Content-Type": "application/json", "X-CSRFToken": token, Accept: "application/json" },
      });
    } catch {
      return { refused: "The server cannot be reached; this is the browser's own answer." };
    }
    if (response.ok && response.headers.get("Content-Type")?.startsWith("application/json")) {
      return { answer: await response.json() };
    }
    // A page instead of JSON: the form's token belongs to a session that has ended.
    if (response.status === 401 || response.status === 403 || response.redirected) {
      return { refused: "Your session has ended. What you typed is kept.", signIn: true };
    }
    const said = await response.json().catch(() => ({}));
    const wait = [429, 503].includes(response.status) ? Number(response.headers.get("Retry-After")) || 1 : 0;
    return { refused: said.sentence ?? `The server answers with an error (${response.status}).`, wait };
  }

  async function patiently(body, isWanted, onWait) {
    let reply = { superseded: true };
    for (let tries = 0; tries < MOST_TRIES && isWanted(); tries += 1) {
      reply = await once(body);
      if (!reply.wait) return reply;
      onWait(reply.refused);
      await pause(reply.wait);
    }
    return isWanted() ? reply : { superseded: true };
  }

  async function ask(wanted, { fresh = false, isWanted, onWait }) {
    const body = asBody(wanted);
    if (!fresh && known.has(body)) return { answer: known.get(body) };
    const turn = last.then(() => (isWanted() ? patiently(body, isWanted, onWait) : { superseded: true }));
    last = turn.catch(() => {});
    const reply = await turn;
    if (reply.answer) keep(body, reply.answer);
    return reply;
  }
  return { ask };
}

function asBody({ layers, input, bindings }) {
  const given = input.trim() ? `,"input":${input}` : "";
  return `{"layers":${JSON.stringify(layers)}${given},"bindings":${bindings.trim() || "{}"}}`;
}
