export type { SignCmsOptions } from "./options.js";
export { signCms } from "./sign-cms.js";
