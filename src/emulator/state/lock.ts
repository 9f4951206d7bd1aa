import { stat, unlink } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Takes a directory for this process: a local socket that the operating system closes when the process ends, however
 * that happens, so that no lock is left behind.
 *
 * @returns what gives it back; `undefined` where another emulator has it
 */
export async function lockDirectory(directory: string): Promise<(() => Promise<void>) | undefined> {
  const { dev, ino } = await stat(directory, { bigint: true });
  const address = addressOf(`signpath-emulator-${dev}-${ino}`);
  const release = await bind(address);
  if (release !== undefined || !isFile(address) || (await isAnswered(address))) return release;
  // Its process has died, and only the name is left.
  await unlink(address).catch(() => undefined);
  return bind(address);
}

/** Linux has names without files, Windows has pipes; elsewhere the name is a file, and must be short. */
function addressOf(name: string): string {
  if (process.platform === "linux") return `\0${name}`;
  if (process.platform === "win32") return `\\\\.\\pipe\\${name}`;
  return join(tmpdir(), `${name}.sock`);
}

function isFile(address: string): boolean {
  return !address.startsWith("\0") && !address.startsWith("\\");
}

function bind(address: string): Promise<(() => Promise<void>) | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => {
      server.unref();
      resolve(() => new Promise((closed) => server.close(() => closed())));
    });
  });
}

function isAnswered(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
