// Loaded by the playground's page alone.
import "./playground/page.js";
