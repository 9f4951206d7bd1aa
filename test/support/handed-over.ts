import { createHook } from "node:async_hooks";

/** Does some work, and counts the calls of the file system that are handed over to other threads for it. */
export async function handedOver<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly requests: number }> {
  let requests = 0;
  const hook = createHook({
    init(_id, type) {
      if (type.startsWith("FSREQ") || type === "FILEHANDLECLOSEREQ") requests++;
    },
  }).enable();
  try {
    const result = await work();
    return { result, requests };
  } finally {
    hook.disable();
  }
}
