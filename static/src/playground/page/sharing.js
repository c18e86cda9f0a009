// The share link: everything behind the #, which no browser sends.
import { encodeState } from "../share.js";
import { show } from "./elements.js";
import { copied } from "./note.js";

/**
 * @returns {{open: () => void}} `state` gives what share.js encodes; `address` the page without a fragment; `isOwn` whether
 *   the input is the repository's own sample or our example, so that nobody's data goes along unasked
 */
export function createSharing({ dialog, state, address, isOwn }) {
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
    if (!(await copied(copy, link.value, "The browser did not allow copying; the link is selected."))) link.select();
  });
  return {
    open: async () => {
      withInput.checked = isOwn();
      await make();
      dialog.showModal();
      link.select();
    },
  };
}
