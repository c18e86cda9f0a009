// Around signing in and out. A link's part behind the # comes along through the sign-in page, though no server ever sees
// it; and what was typed in this tab does not outlive the person's signing out.

if (location.hash) {
  for (const form of document.querySelectorAll(".entrance form[method=post]")) form.action += location.hash;
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-signs-out]")) return;
  try {
    sessionStorage.clear();
  } catch {
    // Storage may be forbidden; then nothing was kept.
  }
});
