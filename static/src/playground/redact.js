// Obvious personal data and secrets in a sample, replaced by plausible stand-ins of the same kind.
//
// A value is told by its key or by its look. What was replaced in one place is replaced by the same stand-in wherever it
// stands again, also within longer texts, so that an expected output still fits its input. It finds what is obvious and
// no more: a person has to read the result.

/** @typedef {{path: string, kind: string}} Change `path` is a JSON Pointer */

const EMAIL = /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu;
const JWT = /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g;
const IBAN = /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b/g;
const CARD = /\b\d(?:[ -]?\d){12,18}\b/g;
const PHONE = /(?<![\w+])(?:\+\d|\(\d|\d)[\d ().\/-]{6,}\d\b/g;
const KEYED_SECRET = /\b(?:sk|pk|rk|ghp|gho|glpat|xox[abprs]|AKIA|SG|key|tok|secret)[_-]?[A-Za-z0-9_-]{16,}\b/g;

const FIRST = ["Alex", "Robin", "Sam", "Kim", "Jamie", "Taylor", "Morgan", "Casey"];
const LAST = ["Miller", "Rivera", "Larsen", "Okafor", "Novak", "Tanaka", "Haddad", "Costa"];

/** What a key says of its value; the first that fits counts. Keys are compared in words: `FirstName__c` is `first name c`. */
const KEYS = [
  ["secret", /(^| )(token|secret|password|passwd|pwd|authorization|api ?key|private key|session ?id|cookie|credentials?)( |$)/],
  ["e-mail address", /(^| )e? ?mail( address)?( |$)/],
  ["phone number", /(^| )(phone|mobile|mobil|fax|tel|telephone|cell|msisdn)( |$)/],
  ["date of birth", /(^| )(birth ?date|birthday|date of birth|dob)( |$)/],
  ["first name", /(^| )(first ?name|given ?name|forename|vorname|middle ?name)( |$)/],
  ["last name", /(^| )(last ?name|sur ?name|family ?name|nachname)( |$)/],
  ["name of a person", /(^| )(full ?name|contact ?name|person ?name|customer ?name|display ?name|owner ?name|nick ?name)( |$)|^name$/],
  ["street address", /(^| )(street|address ?line ?\d?|address ?\d|addr ?\d?|address)( |$)/],
  ["postal code", /(^| )(zip( ?code)?|postal ?code|post ?code|plz)( |$)/],
  ["account number", /(^| )(iban|bank ?account|account ?number|card ?number|credit ?card|ssn|social security|tax ?id|passport)( |$)/],
];

/**
 * @param {any} value JSON; not changed
 * @returns {{value: any, changes: Change[]}}
 */
export function redact(value) {
  const { values, changes } = redactTogether([value]);
  return { value: values[0], changes: changes.map(({ path, kind }) => ({ path, kind })) };
}

/**
 * Several documents, such as an input and its expected output, with the same stand-ins in all of them.
 * @param {any[]} documents
 * @returns {{values: any[], changes: {document: number, path: string, kind: string}[]}}
 */
export function redactTogether(documents) {
  const standIns = new StandIns();
  // First everything that tells itself, in all documents; only then is it known what else to look for.
  documents.forEach((document) => walk(document, "", "", (text, key) => standIns.learn(text, key)));
  const changes = [];
  const values = documents.map((document, index) =>
    rebuilt(document, "", "", (value, key, path) => {
      const { text, kind } = standIns.applied(value, key);
      if (kind) changes.push({ document: index, path, kind });
      return text;
    }),
  );
  return { values, changes };
}

class StandIns {
  constructor() {
    this.known = new Map(); // a text → {text, kind}
    this.counts = new Map();
    this.numbers = new Map();
  }

  /** Remember what in `value` is personal: the whole of it by its key, or parts by their look. */
  learn(value, key) {
    if (typeof value === "number") {
      if (["phone number", "account number"].includes(kindOfKey(key)) && String(value).length > 6) this.numbers.set(value, kindOfKey(key));
      return;
    }
    const text = value.trim();
    if (!text) return;
    const kind = kindOfKey(key);
    if (kind && fits(kind, text)) {
      this.add(text, kind);
      return;
    }
    for (const [found, looks] of parts(text)) this.add(found, looks);
  }

  add(text, kind) {
    if (this.known.has(text)) return;
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    this.known.set(text, { text: standIn(kind, text, count - 1), kind });
  }

  /** The value with its stand-in; `kind` names the first thing that was replaced. */
  applied(value, key) {
    if (typeof value === "number") {
      const kind = this.numbers.get(value);
      return kind ? { text: Number(digits(String(value), 0)), kind } : { text: value, kind: null };
    }
    const whole = this.known.get(value.trim());
    if (whole) return { text: value.replace(value.trim(), () => whole.text), kind: whole.kind };
    if (kindOfKey(key) === null && value.length < MIN_WITHIN) return { text: value, kind: null };
    let [text, kind] = [value, null];
    for (const [found, { text: standsIn, kind: its }] of this.within()) {
      const next = replaceWord(text, found, standsIn);
      if (next !== text) [text, kind] = [next, kind ?? its];
    }
    return { text, kind };
  }

  /** What is looked for within longer texts, the longest first so that a full name goes before its parts. */
  within() {
    this.ordered ??= [...this.known].filter(([text, { kind }]) => text.length >= MIN_WITHIN && kind !== "postal code").sort(([a], [b]) => b.length - a.length);
    return this.ordered;
  }
}

const MIN_WITHIN = 3; // characters: shorter texts are too common within others

function kindOfKey(key) {
  const words = key.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/[^A-Za-z0-9]+/g, " ").trim().toLowerCase();
  return KEYS.find(([, pattern]) => pattern.test(words))?.[0] ?? null;
}

/** Whether a value can be what its key says; `address: "billing"` is no street, `email: "none"` no address. */
function fits(kind, text) {
  switch (kind) {
    case "e-mail address":
      return text.includes("@");
    case "phone number":
      return (text.match(/\d/g)?.length ?? 0) >= 5;
    case "date of birth":
      return /\d{2}/.test(text);
    case "street address":
    case "account number":
    case "postal code":
      return /\d/.test(text);
    case "secret":
      return text.length >= 6;
    default:
      return /\p{L}{2}/u.test(text);
  }
}

/** Personal data that tells itself by its look. */
function* parts(text) {
  for (const [pattern, kind, isRight] of LOOKS) {
    for (const [found] of text.matchAll(pattern)) if (isRight(found)) yield [found, kind];
  }
  if (isRandom(text)) yield [text, "secret"];
}

const LOOKS = [
  [JWT, "secret", () => true],
  [KEYED_SECRET, "secret", () => true],
  [EMAIL, "e-mail address", () => true],
  [IBAN, "account number", (text) => text.replaceAll(" ", "").length >= 15],
  [CARD, "account number", isCard],
  [PHONE, "phone number", isPhone],
];

function isCard(text) {
  const numbers = [...text.replace(/\D/g, "")].map(Number).reverse();
  const sum = numbers.reduce((total, digit, index) => total + (index % 2 ? (digit * 2 > 9 ? digit * 2 - 9 : digit * 2) : digit), 0);
  return numbers.length >= 13 && sum % 10 === 0;
}

/** A number with a country's prefix or with groups, and not a date, a time or a version. */
function isPhone(text) {
  const count = text.replace(/\D/g, "").length;
  if (count < 7 || count > 15 || /^\d{4}-\d{2}-\d{2}|^\d{1,2}[./]\d{1,2}[./]\d{2,4}$|^\d+\.\d+$|^\d+$/.test(text)) return false;
  return text.startsWith("+") || (/[ ()-]/.test(text) && !/^\d+(\.\d+)+$/.test(text));
}

/** A long word without blanks in which letters of both cases and digits mix, as keys do and identifiers of 18 characters not. */
function isRandom(text) {
  return /^[A-Za-z0-9_+/=-]{32,}$/.test(text) && /\d/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text);
}

function standIn(kind, text, index) {
  const first = FIRST[index % FIRST.length];
  const last = LAST[index % LAST.length];
  const number = index < FIRST.length ? "" : String(index + 1);
  switch (kind) {
    case "e-mail address":
      return `${first}.${last}${number}@example.com`.toLowerCase();
    case "first name":
      return first + number;
    case "last name":
      return last + number;
    case "name of a person":
      return /\s/.test(text) ? `${first} ${last}${number}` : first + number;
    case "street address":
      return `${index + 1} Example Street`;
    case "date of birth":
      return text.replace(/^\d{4}-\d{2}-\d{2}/, "1970-01-01").replace(/^\d{1,2}([./-])\d{1,2}\1\d{4}$/, "01$101$11970");
    case "secret":
      return `redacted-${index + 1}`;
    default:
      return digits(text, index);
  }
}

/** The same text with other digits: 555 01…, a number that no one has. */
function digits(text, index) {
  const stand = `555010${String(index).padStart(2, "0")}`;
  let at = 0;
  return text.replace(/\d/g, () => stand[at++ % stand.length]);
}

function replaceWord(text, word, replacement) {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, "gu"), () => replacement);
}

function walk(value, key, path, see) {
  if (typeof value === "string" || typeof value === "number") see(value, key);
  else if (Array.isArray(value)) value.forEach((item, index) => walk(item, key, `${path}/${index}`, see));
  else if (value && typeof value === "object") {
    for (const [name, item] of Object.entries(value)) walk(item, name, `${path}/${pointer(name)}`, see);
  }
}

function rebuilt(value, key, path, change) {
  if (typeof value === "string" || typeof value === "number") return change(value, key, path);
  if (Array.isArray(value)) return value.map((item, index) => rebuilt(item, key, `${path}/${index}`, change));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, rebuilt(item, name, `${path}/${pointer(name)}`, change)]));
  }
  return value;
}

const pointer = (name) => name.replaceAll("~", "~0").replaceAll("/", "~1");
