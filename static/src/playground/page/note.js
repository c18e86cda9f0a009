// A sentence above the editors, with at most one thing to do about it.
import { announce } from "../../js/announce.js";
import { element, show } from "./elements.js";

/** @returns {(words: string, label?: string, action?: () => void) => void} empty words take the note away */
export function createNote(note) {
  return (words, label = "", action = () => {}) => {
    const act = () => {
      show(note, false);
      action();
    };
    note.replaceChildren(words, ...(label ? [" ", element("button", { type: "button", class: "btn btn-sm", click: act }, label)] : []));
    show(note, words !== "");
  };
}

const SEEN = 4_000; // ms

/** Says beside a button what it has done, for eyes and for ears. */
export function confirm(button, words) {
  button.parentElement.querySelector(".pg-done")?.remove();
  const done = element("span", { class: "pg-done", "aria-hidden": "true" }, words);
  button.after(done);
  setTimeout(() => done.remove(), SEEN);
  announce(words);
}

/** Copies the text and says so; false where the browser did not allow it. */
export async function copied(button, text, refused = "The browser did not allow copying.") {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    confirm(button, refused);
    return false;
  }
  confirm(button, "Copied");
  return true;
}
