// The console's script: htmx and small modules, one concern each. Every page works without it, only less smoothly.
import "./js/htmx.js";
import "./js/theme.js";
import "./js/menus.js";
import "./js/copy.js";
