// Runs in <head> before the first paint, so that no page flashes in the wrong theme. Small on purpose.
import { applyTheme, storedTheme } from "./js/theme-choice.js";

applyTheme(storedTheme());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => applyTheme(storedTheme()));
