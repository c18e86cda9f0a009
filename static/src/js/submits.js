// Choosing in a filter applies it; and a filter sent by the browser itself leaves its empty fields out of the address.

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "get" || form.matches("[hx-get]")) return;
  const empty = [...form.elements].filter((field) => field.name && field.value === "" && !field.disabled);
  for (const field of empty) field.disabled = true;
  // Back returns to this page with its fields usable again.
  setTimeout(() => empty.forEach((field) => (field.disabled = false)));
});
