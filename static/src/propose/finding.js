// Finding in the two lists while one types: what may be changed, and the provider's fields.

const plain = (text) => text.toLowerCase().replaceAll(/[_\s]+/g, " ");

function narrow(rows, text) {
  const words = plain(text).trim();
  let shown = 0;
  for (const row of rows) {
    row.hidden = words !== "" && !plain(row.textContent).includes(words);
    shown += !row.hidden;
  }
  return shown;
}

function narrowPicker(input) {
  const picker = input.closest("[data-picker]");
  let all = 0;
  for (const group of picker.querySelectorAll("[data-picker-group]")) {
    const shown = narrow(group.querySelectorAll("[data-picker-row]"), input.value);
    group.hidden = shown === 0;
    if (input.value.trim()) group.open = shown > 0;
    all += shown;
  }
  picker.querySelector("[data-picker-none]").hidden = all > 0;
}

document.addEventListener("input", ({ target }) => {
  if (target.matches("[data-picker-text]")) narrowPicker(target);
  if (target.matches("[data-fields-text]")) narrow(target.closest("[data-fields]").querySelectorAll("[data-fields-row]"), target.value);
});

// The picker's first hit is taken by Enter, as in every search.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("[data-picker-text], [data-fields-text]")) return;
  event.preventDefault();
  const row = [...event.target.closest("[data-picker], [data-fields]").querySelectorAll("[data-picker-row], [data-fields-row]")].find((each) => !each.hidden);
  if (event.target.value.trim()) row?.querySelector("button, input")?.click();
});
