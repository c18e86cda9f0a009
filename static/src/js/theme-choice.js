// The theme: "light", "dark" or "auto". The choice lives in localStorage, and in a cookie so that the server can
// write it into <html data-bs-theme> for the next page.

const KEY = "theme";
const CHOICES = ["light", "dark", "auto"];

export function storedTheme() {
  let choice;
  try {
    choice = localStorage.getItem(KEY);
  } catch {
    // Storage may be forbidden; then the cookie alone remembers.
  }
  choice ??= /(?:^|; )theme=(\w+)/.exec(document.cookie)?.[1];
  return CHOICES.includes(choice) ? choice : "auto";
}

export function storeTheme(choice) {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // as above
  }
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const age = choice === "auto" ? 0 : 31_536_000;
  document.cookie = `theme=${choice}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
}

export function applyTheme(choice) {
  const isDark = choice === "dark" || (choice === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-bs-theme", isDark ? "dark" : "light");
}

export function nextTheme(choice) {
  return CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
}
