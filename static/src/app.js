// The console's script: htmx and small modules, one concern each. Every page works without it, only less smoothly.
import "./js/htmx.js";
import "./js/theme.js";
import "./js/menus.js";
import "./js/copy.js";
import "./js/chain.js";
import "./js/rows.js";
import "./js/submits.js";
import "./js/palette.js";
import "./js/addresses.js";
import "./js/session.js";
import "./js/passkeys.js";
import "./js/with-script.js";
