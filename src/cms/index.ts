export type { SignCmsOptions } from "./sign-cms.js";
export { signCms } from "./sign-cms.js";
