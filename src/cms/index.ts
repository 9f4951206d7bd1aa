export type { SignCmsOptions } from "./sign/options.js";
export { signCms } from "./sign/sign-cms.js";
