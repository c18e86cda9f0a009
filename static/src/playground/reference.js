// The reference engine in a worker, which is ended when it takes too long and started anew with the next question.

/** @typedef {{expression: string, input?: any, bindings?: Object<string, any>}} Run without `input` there is none: undefined */
/** @typedef {{code: string, message: string, position: ?number, line: ?number, column: ?number, token: ?string}} Fault */
/** @typedef {{result: any} | {undefined: true} | {error: Fault} | {timedOut: true} | {superseded: true} | {unavailable: string}} Outcome */

const UNAVAILABLE = "This browser could not start the reference engine; the server's answer stands alone.";
const START = 8000; // ms that the first answer may take: the worker's script has to be loaded before it
const FORMATTING = 3; // times as long as an evaluation

/**
 * @param {string} workerUrl the address of jsonata-worker.js, on this origin
 * @param {{timeout?: number}} options ms that all runs of one call may take together
 */
export function createReference(workerUrl, { timeout = 1000 } = {}) {
  const evaluating = createLine(workerUrl, timeout);
  const formatting = createLine(workerUrl, timeout * FORMATTING);
  return {
    /** A newer call settles this one as superseded. @param {Run} run @returns {Promise<Outcome>} */
    evaluate: async (run) => (await evaluating.ask({ runs: [run] }, 1)).outcomes[0],
    /** @param {Run[]} runs @returns {Promise<Outcome[]>} in the same order */
    evaluateAll: async (runs) => (runs.length ? (await evaluating.ask({ runs }, runs.length)).outcomes : []),
    /** @param {string} text @returns {Promise<{text: string} | {refused: string}>} */
    async format(text) {
      const { formatted, outcomes } = await formatting.ask({ format: text }, 1);
      if (formatted) return formatted;
      const [{ timedOut }] = outcomes;
      return { refused: timedOut ? "Nothing was changed: formatting took too long." : "Nothing was changed." };
    },
    stop() {
      evaluating.stop();
      formatting.stop();
    },
  };
}

/** One worker, and one question to it at a time: a newer one ends the worker that is still busy with an older one. */
function createLine(workerUrl, timeout) {
  let worker = null;
  let hasAnswered = false;
  let asked = null;
  let last = 0;

  const end = () => {
    worker?.terminate();
    worker = null;
    hasAnswered = false;
  };
  const settle = (answer) => {
    const { settle: tell, timer } = asked ?? {};
    clearTimeout(timer);
    asked = null;
    tell?.(answer);
  };
  const start = () => {
    worker = new Worker(workerUrl);
    worker.addEventListener("message", ({ data }) => {
      hasAnswered = true;
      if (data.id === asked?.id) settle(data);
    });
    worker.addEventListener("error", () => {
      end();
      settle({ outcomes: asked?.all({ unavailable: UNAVAILABLE }) ?? [] });
    });
  };

  return {
    /** @returns {Promise<{outcomes: Outcome[]} | {formatted: object}>} without an answer, `count` times why */
    ask(question, count) {
      const all = (outcome) => Array.from({ length: count }, () => outcome);
      if (asked) {
        settle({ outcomes: asked.all({ superseded: true }) });
        end();
      }
      return new Promise((resolve) => {
        const id = (last += 1);
        const giveUp = () => {
          end();
          settle({ outcomes: all({ timedOut: true }) });
        };
        try {
          if (!worker) start();
          asked = { id, all, settle: resolve, timer: setTimeout(giveUp, hasAnswered ? timeout : START) };
          worker.postMessage({ id, ...question });
        } catch {
          clearTimeout(asked?.timer);
          end();
          asked = null;
          resolve({ outcomes: all({ unavailable: UNAVAILABLE }) });
        }
      });
    },
    stop() {
      if (asked) settle({ outcomes: asked.all({ superseded: true }) });
      end();
    },
  };
}
