// A click on a value opens its chain in the row below, and the address names the open chain; without JavaScript the
// link loads the page with that chain open. One is open at a time.
import { announce } from "./announce.js";

const COLUMNS = 4;
const sheet = () => document.querySelector("[data-chains]");
const pathOf = (address) => new URL(address, location.href).searchParams.get("path");

function close() {
  document.querySelector("[data-chain]")?.remove();
  document.querySelector("[data-leaf][aria-expanded='true']")?.setAttribute("aria-expanded", "false");
}

async function open(link) {
  const from = new URL(link.href);
  const address = new URL(sheet().dataset.chains, location.href);
  for (const name of ["path", "at", "repository"]) {
    if (from.searchParams.has(name)) address.searchParams.set(name, from.searchParams.get(name));
  }
  link.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    // Signed out, or gone since: the page itself can say so, a row cannot.
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const body = await answer.text();
    close();
    const row = document.createElement("tr");
    row.className = "chain-row";
    row.dataset.chain = "";
    const cell = row.insertCell();
    cell.colSpan = COLUMNS;
    cell.innerHTML = body; // our own server's page part: everything in it was escaped there
    link.closest("tr").after(row);
    link.setAttribute("aria-expanded", "true");
    announce(`Chain of ${link.textContent} is open below.`);
  } catch {
    location.assign(link.href);
  } finally {
    link.removeAttribute("aria-busy");
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-leaf]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.getAttribute("aria-expanded") === "true") {
    close();
    const address = new URL(location.href);
    address.searchParams.delete("path");
    history.pushState({ chain: true }, "", address);
  } else {
    history.pushState({ chain: true }, "", link.href);
    open(link);
  }
});

document.addEventListener("keydown", (event) => {
  const row = event.key === "Escape" && event.target.closest("[data-chain]");
  if (!row) return;
  const link = row.previousElementSibling.querySelector("[data-leaf]");
  link.click();
  link.focus();
});

addEventListener("popstate", () => {
  if (!sheet()) return;
  const path = pathOf(location.href);
  close();
  const link = path && [...document.querySelectorAll("[data-leaf]")].find((each) => pathOf(each.href) === path);
  if (link) open(link);
});

for (const link of document.querySelectorAll("[data-leaf]:not([aria-expanded])")) link.setAttribute("aria-expanded", "false");
// A pasted link opens far down the page: bring the chain into view.
document.querySelector("[data-chain]")?.previousElementSibling.scrollIntoView({ block: "center" });
