// Filters rows while one types; Enter asks the server for the same, so that the address says what is shown.

const PAUSE = 120; // ms of not typing before hundreds of rows are looked through

for (const form of document.querySelectorAll("[data-row-filter]")) {
  const input = form.querySelector("[data-row-filter-text]");
  const count = form.querySelector("[data-row-filter-count]");
  const rows = document.querySelector(form.dataset.rowFilter);
  // What the server has left out cannot be shown again from here: then every change goes to the server.
  const isServed = input.value !== "";
  const unfiltered = count?.textContent;
  let timer;

  const narrow = () => {
    const text = input.value.trim().toLowerCase();
    let shown = 0;
    for (const group of rows.querySelectorAll("[data-rows]")) {
      let any = false;
      for (const row of group.querySelectorAll("[data-row]")) {
        const path = decodeURIComponent(row.querySelector("a").href.split("path=").pop());
        const passes = !text || row.textContent.toLowerCase().includes(text) || path.toLowerCase().includes(text);
        row.hidden = !passes;
        const chain = row.nextElementSibling;
        if (chain?.matches("[data-chain]")) chain.hidden = !passes;
        any ||= passes;
        shown += passes;
      }
      group.hidden = !any;
      if (text && any && group instanceof HTMLDetailsElement) group.open = true;
    }
    if (count) count.textContent = text ? `${shown} ${shown === 1 ? "row matches" : "rows match"}` : unfiltered;
    const address = new URL(location.href);
    if (text) address.searchParams.set("q", text);
    else address.searchParams.delete("q");
    history.replaceState(history.state, "", address);
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(isServed ? () => form.requestSubmit() : narrow, isServed ? 4 * PAUSE : PAUSE);
  });
}
