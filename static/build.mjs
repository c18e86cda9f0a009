// Builds static/dist (or the folder given) and tests/browser/axe.min.js from static/src and the locked packages.
// The result depends on nothing but those: the same input gives the same bytes on every machine.
// tests/tooling/assets.py compares the hashes written here without Node.

import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const source = join(root, "static/src");
const modules = join(root, "node_modules");
const elsewhere = process.argv[2];
const finished = elsewhere ? join(elsewhere, "dist") : join(root, "static/dist");
const target = `${finished}.new`; // a build that fails leaves the last one where it is
const axe = elsewhere ? join(elsewhere, "axe.min.js") : join(root, "tests/browser/axe.min.js");

const files = (folder) =>
  readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort();

/** The drawing inside an SVG file, without Tabler's empty bounding path and line breaks. */
function drawing(file) {
  const [, body] = /<svg[^>]*>([\s\S]*)<\/svg>/.exec(readFileSync(file, "utf8"));
  return body.replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "").replace(/\s*\n\s*/g, "");
}

/** One `<symbol>` per line of icons.txt: `name` (Tabler outline), `name-filled` (Tabler filled) or `ours = name`. */
function sprite() {
  const lines = readFileSync(join(source, "icons.txt"), "utf8").split("\n");
  const symbols = lines
    .map((line) => line.replace(/#.*/, "").trim())
    .filter(Boolean)
    .map((line) => {
      const [id, name = id] = line.split("=").map((part) => part.trim());
      const isFilled = name.endsWith("-filled");
      const file = join(modules, "@tabler/icons/icons", isFilled ? `filled/${name.slice(0, -7)}.svg` : `outline/${name}.svg`);
      const paint = isFilled
        ? 'fill="currentColor"'
        : 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"';
      return `<symbol id="${id}" viewBox="0 0 24 24" ${paint}>${drawing(file)}</symbol>`;
    });
  symbols.push(`<symbol id="brand" viewBox="0 0 24 24">${drawing(join(source, "brand.svg"))}</symbol>`);
  const notice = "<!-- Icons of Tabler Icons, MIT licence, copyright (c) 2020-2026 Paweł Kuna -->";
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${notice}\n${symbols.join("\n")}\n</svg>\n`;
}

const sha256 = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");
const hashes = (list, from) =>
  Object.fromEntries(list.map((file) => [relative(from, file).replaceAll("\\", "/"), sha256(file)]).sort());

/**
 * CodeMirror writes its rules into a <style> element, which the CSP forbids, unless it stands in a shadow tree: there it
 * adopts a constructed style sheet. This lets it do the same in a document.
 */
const adoptedStyles = {
  name: "adopted-styles",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]style-mod[\\/]src[\\/]style-mod\.js$/ }, ({ path }) => {
      const before = "if (!root.head && root.adoptedStyleSheets";
      const parts = readFileSync(path, "utf8").split(before);
      if (parts.length !== 2) throw new Error(`${path} is not as it was: see to it that it adopts style sheets.`);
      return { contents: parts.join("if (root.adoptedStyleSheets") };
    });
  },
};

/** The licences of all packages of which something is in the built scripts: most say nothing within their code. */
function licences({ inputs }) {
  const scripts = Object.keys(inputs).filter((file) => /^node_modules\/.*\.m?js$/.test(file));
  const packages = new Set(scripts.map((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)[1]));
  const texts = [...packages].sort().map((name) => {
    const folder = join(modules, name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
    const text = file ? readFileSync(join(folder, file), "utf8").trim() : `Licence: ${license}`;
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [
    { in: "static/src/app.css", out: "app" },
    { in: "static/src/app.js", out: "app" },
    { in: "static/src/theme.js", out: "theme" },
    { in: "static/src/playground.js", out: "playground" },
    { in: "static/src/propose.js", out: "propose" },
    { in: "static/src/playground/reference.worker.js", out: "jsonata-worker" },
  ],
  outdir: target,
  metafile: true,
  plugins: [adoptedStyles],
  bundle: true,
  minify: true,
  charset: "utf8",
  format: "iife",
  target: ["chrome123", "firefox128", "safari18"],
  legalComments: "linked",
  loader: { ".woff2": "file" },
  assetNames: "fonts/[name]",
  logLevel: "warning",
  // htmx can evaluate strings; the configuration in app.js forbids it and so does the CSP.
  logOverride: { "direct-eval": "silent" },
});
writeFileSync(join(target, "LICENCES.txt"), licences(metafile));
writeFileSync(join(target, "icons.svg"), sprite());
cpSync(join(source, "brand.svg"), join(target, "favicon.svg"));
for (const font of ["inter", "jetbrains-mono"]) {
  cpSync(join(modules, "@fontsource-variable", font, "LICENSE"), join(target, "fonts", `${font}.LICENSE.txt`));
}
mkdirSync(dirname(axe), { recursive: true });
cpSync(join(modules, "axe-core/axe.min.js"), axe);

const inputs = [...files(source).filter((file) => !file.endsWith(".md")), join(root, "static/build.mjs"), join(root, "package.json"), join(root, "package-lock.json")];
const manifest = {
  about: "Written by static/build.mjs and read by tests/tooling/assets.py. SHA-256 of what went in and what came out.",
  sources: hashes(inputs, root),
  built: hashes(files(target), target),
  axe: sha256(axe),
};
writeFileSync(join(target, "MANIFEST.json"), `${JSON.stringify(manifest, null, 2)}\n`);
rmSync(finished, { recursive: true, force: true });
renameSync(target, finished);
