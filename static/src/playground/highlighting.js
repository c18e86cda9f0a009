// Colours for words, by the playground's own lexer: the whole text at once, since a text has 64 KiB at most.
import { RangeSetBuilder } from "@codemirror/state";
import { Decoration, ViewPlugin } from "@codemirror/view";
import { tokens } from "./tokens.js";

const KEYWORDS = new Set(["and", "or", "in", "function", "λ"]);
const marks = new Map();
const mark = (name) => marks.get(name) ?? marks.set(name, Decoration.mark({ class: `tok-${name}` })).get(name);

/** What a word is drawn as. `next` is the word behind it. */
function look(token, next) {
  if (token.kind === "variable" && next?.text === "(") return "function";
  if (KEYWORDS.has(token.text) && (token.kind === "operator" || token.kind === "name")) return "keyword";
  if (token.kind === "string" && next?.text === ":") return "key";
  return token.kind;
}

function decorations(text) {
  const builder = new RangeSetBuilder();
  const all = tokens(text);
  all.forEach((token, index) => builder.add(token.from, token.to, mark(look(token, all[index + 1]))));
  return builder.finish();
}

export const highlighting = ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.decorations = decorations(view.state.doc.toString());
    }
    update({ docChanged, state }) {
      if (docChanged) this.decorations = decorations(state.doc.toString());
    }
  },
  { decorations: (plugin) => plugin.decorations },
);
