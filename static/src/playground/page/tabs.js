// Tabs by the WAI-ARIA pattern: one stop for Tab, the arrows, Home and End choose, and choosing shows.

/** @returns {{choose: (name: string, focus?: boolean) => void, chosen: () => string, note: (name: string, text: string) => void}} */
export function createTabs(list, root, onChoose = () => {}) {
  const tabs = [...list.querySelectorAll("[role=tab]")];
  const panel = (tab) => root.querySelector(`#${tab.getAttribute("aria-controls")}`);
  const chosenTab = () => tabs.find((tab) => tab.getAttribute("aria-selected") === "true");

  const choose = (name, focus = false) => {
    const next = tabs.find((tab) => tab.dataset.tab === name) ?? tabs[0];
    for (const tab of tabs) {
      const is = tab === next;
      tab.setAttribute("aria-selected", String(is));
      tab.tabIndex = is ? 0 : -1;
      panel(tab).hidden = !is;
    }
    if (focus) next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
    onChoose(next.dataset.tab);
  };
  const STEPS = { ArrowRight: 1, ArrowLeft: -1 };
  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) choose(tab.dataset.tab);
  });
  list.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(chosenTab());
    const next = event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : event.key in STEPS ? (at + STEPS[event.key] + tabs.length) % tabs.length : -1;
    if (next < 0) return;
    event.preventDefault();
    choose(tabs[next].dataset.tab, true);
  });
  return {
    choose,
    chosen: () => chosenTab()?.dataset.tab ?? "",
    note: (name, text) => {
      const note = list.querySelector(`[data-tab-note="${name}"]`);
      if (note && note.textContent !== text) note.textContent = text;
    },
  };
}
