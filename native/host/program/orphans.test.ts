import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { processTree, systemProc } from "../confinement/process-tree";
import { requireConfinement } from "../confinement/require-confinement";

const { available } = await requireConfinement("programs of a killed host");
const TSX = fileURLToPath(new URL("../../../node_modules/tsx/dist/cli.mjs", import.meta.url));
const HOST = fileURLToPath(new URL("testing/host-of-one.ts", import.meta.url));

const isThere = (pid: number): boolean => systemProc.read(`/proc/${pid}/stat`)?.includes(") Z ") === false;

describe.runIf(available)("a host that is killed", () => {
  it("leaves no process of its programs behind, not even one that never rests or waits for a program", async () => {
    const host = spawn(process.execPath, [TSX, HOST], { stdio: ["ignore", "pipe", "inherit"], detached: true });
    const [output] = (await once(host.stdout, "data")) as [Buffer];
    const programPids = String(output)
      .trim()
      .split(" ")
      .flatMap((pid) => processTree(systemProc, Number(pid)));
    expect(programPids).toHaveLength(6);
    const hostPids = processTree(systemProc, host.pid ?? 0).filter((pid) => !programPids.includes(pid));
    for (const pid of hostPids) process.kill(pid, "SIGKILL");
    await expect.poll(() => programPids.filter(isThere)).toEqual([]);
  });
});
