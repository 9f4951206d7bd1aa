import { COLOURS } from "./colours.js";
import { LAYOUT } from "./layout-style.js";
import { PARTS } from "./parts-style.js";

/** The style sheet of all pages. */
export const STYLE: string = COLOURS + LAYOUT + PARTS;
