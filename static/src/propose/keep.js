// What is typed in the moments between two answers of the server, which keeps the draft. It is read again after a session
// has ended, and forgotten as soon as the server has it.

const storage = () => {
  try {
    return sessionStorage;
  } catch {
    return null; // storage may be forbidden; the server's draft is there
  }
};

const nameOf = (form) => `propose:${form.dataset.keptAs}`;
const LEFT_OUT = new Set(["csrfmiddlewaretoken", "key", "base", "do"]);

export function keep(form) {
  const entries = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !LEFT_OUT.has(name));
  storage()?.setItem(nameOf(form), JSON.stringify(entries));
}

export function forget(form) {
  storage()?.removeItem(nameOf(form));
}

/** Hands what was left over to the server, which shows it again; resolves to the address to go on at, or to nothing. */
export async function bringBack(form) {
  const kept = storage()?.getItem(nameOf(form));
  if (!kept) return null;
  let entries;
  try {
    entries = JSON.parse(kept);
  } catch {
    return forget(form);
  }
  const body = new URLSearchParams(entries);
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  body.set("key", form.elements.key.value);
  body.set("do", "look");
  const response = await fetch(form.action, { method: "POST", body });
  if (!response.ok) return null;
  forget(form);
  return response.url;
}
