// What a person has typed survives a reload, a sign-in, and the way back: in this tab, for this person and this address.

const PAUSE = 400; // ms

/** @returns {{load: () => ?object, soon: (state: () => object) => void, now: (state: () => object) => void, forget: () => void}} */
export function createKeep(person, address) {
  const key = `playground:${person}:${address}`;
  let timer;
  const now = (state) => {
    clearTimeout(timer);
    try {
      sessionStorage.setItem(key, JSON.stringify(state()));
    } catch {
      // Storage may be full or forbidden; then a reload begins anew.
    }
  };
  return {
    now,
    soon: (state) => {
      clearTimeout(timer);
      timer = setTimeout(() => now(state), PAUSE);
    },
    load: () => {
      try {
        return JSON.parse(sessionStorage.getItem(key));
      } catch {
        return null;
      }
    },
    forget: () => {
      clearTimeout(timer);
      try {
        sessionStorage.removeItem(key);
      } catch {
        // as above
      }
    },
  };
}
