// A sentence above the editors, with at most one thing to do about it.
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
