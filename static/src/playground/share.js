// A share link: the state of the page, compressed, in the part of the address behind the #, which no browser sends.

const PREFIX = "v1.";
const LONGEST_LINK = 30_000; // characters: chats and mail programs cut longer ones
const LARGEST = 1024 * 1024; // bytes of a state, unpacked
const TEXTS = ["expression", "input", "bindings"];
const LAYER_TEXTS = ["layer", "name", "expression", "mode"];

/**
 * @param {object} state {expression?, layers?, input?, bindings?, context?}; unknown keys are dropped
 * @returns {Promise<{fragment: string} | {refused: string}>} the fragment without its #
 */
export async function encodeState(state) {
  const bytes = new TextEncoder().encode(JSON.stringify(checked(state)));
  if (bytes.length > LARGEST) return { refused: tooLong(bytes.length) };
  const packed = await bytesOf(new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw")), LARGEST);
  const fragment = PREFIX + toBase64Url(packed);
  return fragment.length > LONGEST_LINK ? { refused: tooLong(fragment.length) } : { fragment };
}

/**
 * @param {string} fragment with or without its #
 * @returns {Promise<null | {state: object} | {refused: string}>} null: not a link of ours
 */
export async function decodeState(fragment) {
  const text = fragment.replace(/^#/, "");
  if (!text.startsWith(PREFIX)) return null;
  try {
    const packed = fromBase64Url(text.slice(PREFIX.length));
    const bytes = await bytesOf(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")), LARGEST);
    return { state: checked(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))) };
  } catch {
    return { refused: "The link is damaged or incomplete: what was shared cannot be read from it." };
  }
}

const tooLong = (size) =>
  `This is too long for a link (${Math.ceil(size / 1024).toLocaleString("en")} KiB). Share it without the input, or save it as a test.`;

/** The state with known keys alone. Throws a TypeError for anything of a wrong type. */
function checked(state) {
  if (!isObject(state)) throw new TypeError("a state is an object");
  const kept = pick(state, TEXTS, isText);
  if (state.layers !== undefined) {
    if (!Array.isArray(state.layers)) throw new TypeError("layers are a list");
    kept.layers = state.layers.map((layer) => {
      if (!isObject(layer)) throw new TypeError("a layer is an object");
      return { ...pick(layer, LAYER_TEXTS, isText), ...pick(layer, ["enabled"], (value) => typeof value === "boolean") };
    });
  }
  if (state.context !== undefined) {
    if (!isObject(state.context)) throw new TypeError("a context is an object");
    kept.context = pick(state.context, Object.keys(state.context), isText);
  }
  return kept;
}

function pick(from, names, isRight) {
  const kept = {};
  for (const name of names) {
    const value = Object.hasOwn(from, name) ? from[name] : undefined;
    if (value === undefined || value === null) continue;
    if (!isRight(value)) throw new TypeError(`${name} is of a wrong type`);
    Object.defineProperty(kept, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return kept;
}

const isText = (value) => typeof value === "string";
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** All bytes of a stream; throws a RangeError for more than `most`, however small its packed form was. */
async function bytesOf(stream, most) {
  const chunks = [];
  let size = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new RangeError("too large");
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function toBase64Url(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function fromBase64Url(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
