// The last distinct runs of one person in one browser. Kept in its storage, and nowhere else.

const KEY = "glasshouse:playground-history";
const MOST = 50;
const LARGEST = 1024 * 1024; // characters of all entries together
const PARTS = ["expression", "layers", "input", "bindings", "context"];

/** @typedef {{when: string, expression?: string, layers?: object[], input?: string, bindings?: string, context?: object}} Entry */

/**
 * @param {{storage?: Storage}} options where it is kept; in memory alone where the browser allows nothing else
 * @returns {{list(): Entry[], add(run: object): Entry[], remove(when: string): Entry[], clear(): Entry[], isKept: boolean}}
 *   newest first
 */
export function createHistory({ storage = browserStorage() } = {}) {
  let entries = read(storage);
  const history = {
    isKept: entries !== null,
    list: () => [...(entries ?? [])],
    add(run) {
      const mine = Object.fromEntries(PARTS.filter((name) => run[name] !== undefined).map((name) => [name, run[name]]));
      const key = JSON.stringify(mine);
      const others = history.list().filter((entry) => keyOf(entry) !== key);
      return keep([{ when: moment(others), ...mine }, ...others]);
    },
    remove: (when) => keep(history.list().filter((entry) => entry.when !== when)),
    clear: () => keep([]),
  };

  function keep(wanted) {
    entries = bounded(wanted);
    // A full storage takes fewer entries: half of them, and half again, down to none.
    for (let count = entries.length; ; count = Math.floor(count / 2)) {
      if (write(storage, entries.slice(0, count))) {
        history.isKept = count > 0 || entries.length === 0;
        break;
      }
      if (count === 0) {
        history.isKept = false;
        break;
      }
    }
    return history.list();
  }
  return history;
}

const keyOf = ({ when, ...run }) => JSON.stringify(Object.fromEntries(PARTS.filter((name) => run[name] !== undefined).map((name) => [name, run[name]])));

/** Now, and later than the newest entry, since the moment is what an entry is named by. */
function moment([newest]) {
  const now = Date.now();
  const last = newest ? Date.parse(newest.when) : 0;
  return new Date(Math.max(now, last + 1)).toISOString();
}

function bounded(entries) {
  const kept = [];
  let size = 0;
  for (const entry of entries.slice(0, MOST)) {
    size += JSON.stringify(entry).length;
    if (size > LARGEST) break;
    kept.push(entry);
  }
  return kept;
}

function browserStorage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null; // reading the property itself throws where storage is forbidden
  }
}

/** The stored entries; null where nothing can be stored. What cannot be understood is as good as nothing. */
function read(storage) {
  try {
    const text = storage.getItem(KEY);
    const entries = text ? JSON.parse(text) : [];
    return Array.isArray(entries) ? entries.filter(isEntry).slice(0, MOST) : [];
  } catch (error) {
    return error instanceof SyntaxError ? [] : null;
  }
}

const isEntry = (entry) =>
  typeof entry === "object" && entry !== null && typeof entry.when === "string" && !Number.isNaN(Date.parse(entry.when)) &&
  ["expression", "input", "bindings"].every((name) => entry[name] === undefined || typeof entry[name] === "string") &&
  (entry.layers === undefined || (Array.isArray(entry.layers) && entry.layers.every((layer) => typeof layer?.expression === "string")));

function write(storage, entries) {
  try {
    storage.setItem(KEY, JSON.stringify(entries));
    return true;
  } catch {
    return false;
  }
}
