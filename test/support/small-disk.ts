import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "./temporary.js";

/** Whether this machine lets the tests mount a disk of their own. */
export const canMount: boolean = mountsWork();

function mountsWork(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), "signpath-test-"));
  try {
    mount(folder);
    execFileSync("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

/** A disk of 128 KiB, which goes with the test. */
export function smallDisk(): string {
  const folder = temporaryFolder();
  mount(folder);
  onTestFinished(() => {
    execFileSync("umount", [folder]);
  });
  return folder;
}

function mount(folder: string): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", folder], { stdio: "ignore" });
}
