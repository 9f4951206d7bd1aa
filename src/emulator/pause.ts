import type { ServerResponse } from "node:http";

/** Waits; `false` if the connection was lost meanwhile, and then at once. No timer outlives its connection. */
export function pause(ms: number, response: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    if (response.destroyed) {
      resolve(false);
      return;
    }
    const lost = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      response.off("close", lost);
      resolve(true);
    }, ms);
    response.once("close", lost);
  });
}
