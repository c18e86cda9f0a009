// What can be said of an expression without parsing it.

const COMMENT = /\/\*[\s\S]*?\*\//g;

export const withoutComments = (text) => text.replace(COMMENT, "").trim();

/** Whether there is nothing to evaluate: no text, or comments alone. */
export const isBlank = (text) => withoutComments(text) === "";
