import "./keys.js";
import "./case.js";
