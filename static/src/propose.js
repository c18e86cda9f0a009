// Loaded by the page on which a change is proposed, alone.
import "./propose/page.js";
