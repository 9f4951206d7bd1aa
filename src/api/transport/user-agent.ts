import { VERSION } from "../../base/version.js";

/** Product and version, then the runtime (RFC 9110, section 10.1.5). */
export const USER_AGENT: string = `signpath-webcrypto/${VERSION} (Node.js ${process.versions.node}; ${process.platform} ${process.arch})`;
