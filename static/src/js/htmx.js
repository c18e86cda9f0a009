// htmx, kept within the CSP: no inline style, no evaluated strings, no scripts from an answer, our own origin only.
import htmx from "htmx.org";

Object.assign(htmx.config, {
  includeIndicatorStyles: false, // base.css has them
  allowEval: false,
  allowScriptTags: false,
  selfRequestsOnly: true,
  // Pages of a console do not belong into the browser's storage; Back asks the server, for the whole page.
  historyCacheSize: 0,
  historyRestoreAsHxRequest: false,
});

export default htmx;
