// The share link: everything behind the #, which no browser sends.
import { encodeState } from "../share.js";
import { announce } from "../../js/announce.js";
import { show } from "./elements.js";

/** @returns {{open: () => void}} `state` gives what share.js encodes; `address` the page without a fragment */
export function createSharing({ dialog, state, address }) {
  const link = dialog.querySelector("[data-share-link]");
  const withInput = dialog.querySelector("[data-share-input]");
  const copy = dialog.querySelector("[data-share-copy]");
  const problem = dialog.querySelector("[data-share-problem]");

  const make = async () => {
    const { input, bindings, ...rest } = state();
    const made = await encodeState(withInput.checked ? { ...rest, input, bindings } : rest);
    link.value = made.fragment ? `${address()}#${made.fragment}` : "";
    problem.textContent = made.refused ?? "";
    show(problem, Boolean(made.refused));
    copy.disabled = !made.fragment;
  };
  withInput.addEventListener("change", make);
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(link.value);
      announce("The link is copied.");
      copy.classList.add("is-copied");
      setTimeout(() => copy.classList.remove("is-copied"), 1500);
    } catch {
      link.select();
      announce("The browser did not allow copying; the link is selected.");
    }
  });
  return {
    open: async () => {
      await make();
      dialog.showModal();
      link.select();
    },
  };
}
