// The page on which a change is proposed: it looks while one types, keeps what is typed, and says what became of it.
import { createEditor } from "../playground/editors.js";
import "./finding.js";
import { bringBack, forget, keep } from "./keep.js";

const PAUSE = 250; // ms of not typing before the server is asked
const SILENT = "[data-picker-text], [data-fields-text], [name=new-name], [name=new-mapping]";
const form = () => document.querySelector("[data-propose]");
let timer;
let isSent = false; // handed in: nothing is kept any more

const say = (text) => {
  const place = form()?.querySelector("[data-kept]");
  if (place) place.textContent = text;
};

function away(text, canSignIn) {
  const note = document.querySelector("[data-away]");
  note.querySelector("[data-away-text]").textContent = text;
  const link = note.querySelector("[data-away-link]");
  link.hidden = !canSignIn;
  link.href = `${new URL(link.href).pathname}?next=${encodeURIComponent(location.pathname + location.search)}`;
  note.hidden = false;
  note.scrollIntoView({ block: "nearest" });
}

// What was wrong when it was handed in is said by the preview from now on; a mended field no longer says so itself.
function overtake(target) {
  const card = target.closest("[data-change]");
  const told = card?.querySelector("[data-problem]") ?? target.closest(".form-field")?.querySelector(".form-error");
  if (!told) return;
  card?.classList.remove("is-wrong");
  for (const field of (card ?? target.parentElement).querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.classList.remove("is-invalid");
    const others = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id !== told.id);
    field.setAttribute("aria-describedby", others.join(" "));
  }
  told.remove();
}

// --- typing --------------------------------------------------------------------------------------------------
document.addEventListener("input", ({ target }) => {
  const owner = target.closest("[data-propose]");
  if (!owner || target.matches(SILENT) || target.closest(".cm-editor")) return;
  if (target.name?.endsWith("-other")) target.closest("[data-fields]").querySelector("[value=other]").checked = true;
  keep(owner);
  say("");
  overtake(target);
  if (target.matches("[data-does=look]")) return owner.querySelector("[name=do][value=look]").click(); // htmx knows buttons by their clicks
  clearTimeout(timer);
  timer = setTimeout(() => owner.dispatchEvent(new Event("look")), PAUSE);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("[data-enter=new]")) return;
  event.preventDefault();
  event.target.form.querySelector("[name=do][value=new]").click();
});

// --- answers -------------------------------------------------------------------------------------------------
document.addEventListener("htmx:beforeRequest", (event) => {
  if (isSent) event.preventDefault();
  clearTimeout(timer);
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { xhr, target } = detail;
  if (!["propose", "preview"].includes(target?.id)) return;
  const isElsewhere = xhr.responseURL && new URL(xhr.responseURL).pathname !== location.pathname;
  const isForm = xhr.responseText.includes('id="propose"');
  if (!isElsewhere && [422, 403].includes(xhr.status) && isForm) {
    detail.shouldSwap = true;
    detail.isError = false;
    return;
  }
  if (!isElsewhere && xhr.status < 300) return;
  detail.shouldSwap = false;
  if (isElsewhere || [401, 403].includes(xhr.status)) return away("Your session has ended, or you may no longer do this. What you typed is kept.", true);
  away(xhr.status === 404 ? "You may no longer see this. What you typed is kept with your drafts on the home page." : `The console answers with an error (${xhr.status}). What you typed is kept; try again in a moment.`, false);
});

document.addEventListener("htmx:sendError", () => away("The console cannot be reached. What you typed is kept; try again in a moment.", false));

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const { xhr } = detail;
  if (xhr.getResponseHeader("HX-Redirect")) isSent = true;
  const isOurs = xhr.status === 422 || (xhr.status < 300 && new URL(xhr.responseURL).pathname === location.pathname);
  if (!isOurs || !form()) return;
  document.querySelector("[data-away]").hidden = true;
  forget(form());
  if (!isSent) say("Kept as a draft");
});

document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (target.id !== "propose" && !target.matches?.("[data-propose]")) return;
  dress();
  // Not by htmx, which would copy the page, editors included, for its own history.
  history.replaceState(history.state, "", form().dataset.address);
  const wrong = form().querySelector("[aria-invalid=true], [data-problem], [data-problems]");
  if (!wrong || form().querySelector("[autofocus]")) return;
  const field = wrong.matches("[data-problem]") ? wrong.closest("[data-change]").querySelector("input:not([type=hidden]):checked, textarea, input:not([type=hidden])") : wrong;
  (field ?? wrong).focus();
});

// The list of fields is longer than its box: what is chosen must be seen without looking for it.
function showChosen() {
  for (const list of form().querySelectorAll("[data-fields] [role=group]")) {
    const row = list.querySelector("input:checked")?.closest("label");
    if (row) list.scrollTop += row.getBoundingClientRect().top - list.getBoundingClientRect().top - (list.clientHeight - row.offsetHeight) / 2;
  }
}

// --- formulas ------------------------------------------------------------------------------------------------
function dress() {
  showChosen();
  for (const area of form().querySelectorAll("textarea[data-jsonata]:not([data-dressed])")) {
    area.dataset.dressed = "";
    const place = document.createElement("div");
    place.className = "pr-editor";
    area.after(place);
    area.hidden = true;
    const label = form().querySelector(`label[for="${area.id}"]`);
    createEditor(place, {
      doc: area.value,
      language: "jsonata",
      label: label?.textContent.trim() ?? "Formula",
      onChange(text) {
        area.value = text;
        area.dispatchEvent(new Event("input", { bubbles: true }));
      },
    });
  }
}

dress();
bringBack(form()).then((address) => {
  if (!address) return;
  const there = new URL(address);
  there.searchParams.set("again", "1");
  location.assign(there);
});
