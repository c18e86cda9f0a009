// The playground's page: brings the editors, the two engines and the page's own parts together.
import { renderFunctionList } from "./functions.js";
import { addField, createActions } from "./page/actions.js";
import { createDesk } from "./page/desk.js";
import { show } from "./page/elements.js";
import { createFields } from "./page/fields.js";
import { createHints } from "./page/hints.js";
import { createHistories } from "./page/histories.js";
import { createJudge } from "./page/judge.js";
import { createKeep } from "./page/keep.js";
import { createNote } from "./page/note.js";
import { begin, brought, rejoin, connectExamples, connectSamples } from "./page/opening.js";
import { createSaveTest } from "./page/savetest.js";
import { createServer } from "./page/server.js";
import { createSharing } from "./page/sharing.js";
import { createView } from "./page/view.js";
import { createReference } from "./reference.js";

const IDLE = 4_000; // ms without a change after which a run is worth remembering

const root = document.querySelector("[data-playground]");
const ownAddress = () => location.pathname + location.search;

/** What is typed belongs to the mapping, whichever sample was chosen last. */
function keptUnder() {
  const address = new URL(ownAddress(), location.origin);
  address.searchParams.delete("sample");
  return address.pathname + address.search;
}

function start(data) {
  show(root, true);
  const reset = root.querySelector("[data-do=reset]");
  const tell = createNote(root.querySelector("[data-note]"));
  const keep = createKeep(data.person, keptUnder());
  const server = createServer({ address: root.dataset.run, token: root.dataset.token });
  const reference = createReference(root.dataset.worker);
  let isTouched = false;
  let idle;

  // --- what follows from a change ----------------------------------------------------------------------------
  const kept = () => ({ ...desk.state(), sample: root.querySelector("[data-samples]")?.value ?? "" });
  const refresh = () => {
    desk.refresh();
    fields.update(desk.known().input, desk.layers.all.filter((each) => !each.isDropped).map((each) => each.editor.getText()));
    hints.soon();
    if (reset) reset.disabled = !desk.layers.isEdited(desk.opened());
  };
  const touch = () => {
    isTouched = true;
    tell(""); // a note speaks of what was just done
    if (location.hash) history.replaceState(history.state, "", ownAddress()); // the link is no longer what is shown
    keep.soon(kept);
    refresh();
    judge.changed();
    clearTimeout(idle);
    idle = setTimeout(remember, IDLE);
  };
  const remember = () => {
    clearTimeout(idle);
    const settled = view.settled();
    if (isTouched && settled && !settled.answer.output.error) histories.add(desk.state());
  };
  const runNow = () => {
    remember();
    judge.now();
    idle = setTimeout(remember, IDLE);
  };

  // --- the parts ---------------------------------------------------------------------------------------------
  const onTab = (name) => {
    view.openedLayer(name);
    refresh();
  };
  const desk = createDesk({ root, data, onChange: () => touch(), onRun: () => runNow(), onTab: (name) => onTab(name) });
  const signIn = () => `${root.dataset.signIn}?next=${encodeURIComponent(ownAddress())}`;
  const view = createView({ root, desk, signIn });
  const judge = createJudge({ server, reference, moment: desk.moment, view });
  const restore = (said) => {
    desk.setState(said);
    touch();
  };
  const addressOf = (context) => {
    const wanted = new URLSearchParams(Object.entries(context).filter(([, value]) => value));
    return wanted.size ? `${root.dataset.page}?${wanted}` : root.dataset.page;
  };
  const histories = createHistories({ menu: root.querySelector("[data-history]"), person: data.person, context: data.context, restore, addressOf });
  const dialog = (name) => root.querySelector(`[data-dialog="${name}"]`);
  const sharing = createSharing({ dialog: dialog("share"), state: desk.state, address: () => location.origin + ownAddress(), isOwn: () => !desk.isInputEdited() });
  const saving = dialog("save") && createSaveTest({ dialog: dialog("save"), context: data.context });
  const fields = createFields({
    container: root.querySelector("[data-fields]"),
    unified: data.unified,
    target: () => (desk.isOfLayers ? `the ${desk.opened().name} layer` : "the expression"),
    add: (key, path) => addField({ desk, tell, touch }, key, path),
  });
  const hints = createHints({
    after: root.querySelector("[data-said]"),
    current: () => ({ text: desk.opened().isDropped ? "" : desk.opened().editor.getText(), ...desk.known() }),
  });
  renderFunctionList(root.querySelector("[data-functions]"), { onPick: (fn) => desk.opened().editor.wrap(fn.name) });
  connectSamples({ root, desk, tell, touch });
  connectExamples({ root, desk, tell, touch, isTouched: () => isTouched });
  const actions = createActions({ root, desk, view, reference, sharing, saving, tell, touch });
  actions.startOver = () => startOver();
  root.addEventListener("submit", ({ target }) => {
    const name = target.dataset.proposeThis;
    if (name) target.elements["c0-expression"].value = desk.layers.all.find((each) => each.name === name).editor.getText();
  });
  root.addEventListener("click", (event) => actions[event.target.closest("[data-do]")?.dataset.do]?.());
  for (const each of root.querySelectorAll("dialog")) {
    each.addEventListener("click", (event) => {
      if (event.target === each) each.close(); // outside the box
    });
  }
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-signs-out]")) return;
    isTouched = false; // js/session.js clears what is kept; nothing may be kept again on the way out
    keep.forget();
  });
  addEventListener("pagehide", () => {
    if (!isTouched) return;
    keep.now(kept);
    remember();
  });

  // --- how it begins -----------------------------------------------------------------------------------------
  const startOver = () => {
    keep.forget();
    tell("");
    if (location.hash) history.replaceState(history.state, "", ownAddress());
    desk.reset();
    begin(root, desk, data);
    isTouched = false;
    refresh();
    judge.first();
  };
  const open = async () => {
    begin(root, desk, data);
    const before = await brought(keep);
    if (before?.refused) tell(before.refused);
    else if (before) {
      desk.setState(before.state);
      await rejoin(root, desk, before.state.sample);
      isTouched = true;
      tell(`${before.words} Start over takes it away.`);
    }
    refresh();
    judge.first();
  };
  open();
}

if (root) start(JSON.parse(document.getElementById("playground-data").textContent));
