// Places in texts: the server counts characters (code points), the editors UTF-16 units.

/** @param {string} text @param {number} position in code points @returns {number} in UTF-16 units, within the text */
export function unitAt(text, position) {
  let unit = 0;
  for (let left = position; left > 0 && unit < text.length; left -= 1) unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
  return unit;
}

/** @param {string} text @param {number} unit @returns {{position: number, line: number, column: number}} position from 0, line and column from 1 */
export function placeOf(text, unit) {
  const before = text.slice(0, unit);
  const line = before.split("\n");
  return { position: [...before].length, line: line.length, column: [...line.at(-1)].length + 1 };
}
