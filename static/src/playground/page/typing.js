// Chromium gives text that takes the place of coloured text an inline style of that colour. The content policy refuses
// and reports that, though the editor would draw the text anew anyhow; so such text is put in by the editor itself.
import { EditorView } from "@codemirror/view";

export const replacesPlainly = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { main, ranges } = view.state.selection;
    if (event.inputType !== "insertText" || !event.data || event.isComposing || main.empty || ranges.length > 1 || view.state.readOnly) return false;
    event.preventDefault();
    const { from, to } = main;
    const insert = () => view.state.update({ ...view.state.replaceSelection(event.data), userEvent: "input.type" });
    // As when it is typed: a bracket may go around the selection.
    const isHandled = view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, event.data, insert));
    if (!isHandled) view.dispatch(insert());
    return true;
  },
});
