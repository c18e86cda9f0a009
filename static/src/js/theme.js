// <button data-theme-toggle> goes through light, dark and auto; <button data-theme-choice="dark"> chooses one.
// Both stay hidden without a script.
import { applyTheme, nextTheme, storedTheme, storeTheme } from "./theme-choice.js";

const NAMES = { light: "light", dark: "dark", auto: "as the system" };

function show(choice) {
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    button.hidden = false;
    const label = `Theme: ${NAMES[choice]}. Switch to ${NAMES[nextTheme(choice)]}.`;
    button.setAttribute("aria-label", label);
    button.title = label;
  }
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
  }
}

function choose(choice) {
  storeTheme(choice);
  applyTheme(choice);
  show(choice);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-toggle], [data-theme-choice]");
  if (button) choose(button.dataset.themeChoice ?? nextTheme(storedTheme()));
});
show(storedTheme());
