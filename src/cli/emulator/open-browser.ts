import { spawn } from "node:child_process";

/** What shows an address in the user's browser, by the platform. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [program: string, ...before: string[]]>>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};
const OTHERS = ["xdg-open"] as const;

/**
 * Has the browser of the user show an address, which must hold no secret: others on this machine see the arguments of a
 * process. The browser lives on when this process ends.
 *
 * @returns why it could not be asked for, if so
 */
export function openBrowser(address: string): Promise<string | undefined> {
  const [program, ...before] = OPENERS[process.platform] ?? OTHERS;
  return new Promise((resolve) => {
    const child = spawn(program, [...before, address], {
      stdio: "ignore",
      detached: true,
      windowsHide: true,
    });
    child.once("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code === "ENOENT" ? `there is no ${program} here` : error.message),
    );
    child.once("spawn", () => resolve(undefined));
    child.unref();
  });
}
