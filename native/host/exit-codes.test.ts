import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { COMMAND_REFUSALS } from "./commands";
import { EXIT_CODES } from "./exit-codes";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const UNIT = fileURLToPath(new URL("install/bulkhead.service", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "bulkhead-ends-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const end = (...args: string[]) => spawnSync(process.execPath, ["--import", "tsx", MAIN, ...args]).status;

describe("each end of the host's process", () => {
  it("has a code, and no code of success or of a fault of the host's own where it was refused", () => {
    expect(Object.keys(EXIT_CODES).sort()).toEqual(
      [...new Set([...COMMAND_REFUSALS, "stopped", "usage", "failed"])].sort(),
    );
    for (const reason of COMMAND_REFUSALS) expect([0, 1, 2, 70]).not.toContain(EXIT_CODES[reason]);
  });

  it("leaves with it", () => {
    expect(end()).toBe(EXIT_CODES.usage);
    expect(end("--no-such-option")).toBe(EXIT_CODES.usage);
    expect(end("--data", join(folder, "none"), "--program", "com.example.a")).toBe(EXIT_CODES.not_enrolled);
    const missing = join(folder, "missing.json");
    expect(end("--data", join(folder, "one"), "--enroll", missing)).toBe(EXIT_CODES.enrolment_file_unreadable);
  });

  it("that would come back at once is one that the unit does not start again after", () => {
    const prevented = /^RestartPreventExitStatus=(.*)$/m.exec(readFileSync(UNIT, "utf8"))?.[1]?.split(" ").map(Number);
    const again = new Set([EXIT_CODES.platform_unreachable, EXIT_CODES.state_not_stored, EXIT_CODES.failed]);
    for (const code of Object.values(EXIT_CODES)) {
      if (code !== 0) expect([code, prevented?.includes(code)]).toEqual([code, !again.has(code)]);
    }
  });
});
