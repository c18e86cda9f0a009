// The search dialog: Ctrl-K opens it, the arrows choose, Enter opens the hit, Escape closes it.
// htmx fills the hits as one types; without JavaScript the header's search link leads to the page of the same name.

const dialog = document.getElementById("palette");
let isChoosing = false; // with the arrows, since something was last typed

function options() {
  return [...dialog.querySelectorAll('[role="option"]')];
}

function choose(input, option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (option) {
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else {
    input.removeAttribute("aria-activedescendant");
  }
}

function move(input, step) {
  const all = options();
  if (!all.length) return;
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  choose(input, all[(at + step + all.length) % all.length]);
}

function open(input) {
  isChoosing = false;
  if (!dialog.open) dialog.showModal();
  input.focus();
  input.select();
}

function onKey(event, input) {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    isChoosing = true;
    move(input, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter") {
    const chosen = dialog.querySelector('[role="option"][aria-selected="true"]');
    if (chosen) {
      event.preventDefault();
      chosen.click();
    }
  }
}

if (dialog) {
  const input = dialog.querySelector("input[name=q]");
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (dialog.open) dialog.close();
      else open(input);
    }
  });
  for (const opener of document.querySelectorAll("[data-palette-open]")) {
    opener.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab is a new tab
      event.preventDefault();
      open(input);
    });
  }
  input.addEventListener("keydown", (event) => onKey(event, input));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // outside the box
  });
  input.addEventListener("input", () => {
    isChoosing = false;
  });
  // Hits that come late would change what Enter opens under the hand of who chooses among those that are seen.
  dialog.addEventListener("htmx:beforeSwap", (event) => {
    if (isChoosing) event.detail.shouldSwap = false;
  });
  dialog.addEventListener("htmx:afterSwap", () => {
    const all = options();
    input.setAttribute("aria-expanded", String(all.length > 0));
    choose(input, all[0]);
  });
}
