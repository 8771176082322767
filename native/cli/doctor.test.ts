import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { CONFINEMENT_LAYERS, LAYER_CAUSES } from "../core/confinement/layers";

const CLI = fileURLToPath(new URL("bin/bulkhead.mjs", import.meta.url));
const ORDINARY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
const ONE_ID = ["unshare", "-U", "-r"];
const NO_NAMESPACES = [...ONE_ID, "sh", "-c", 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"', "sh"];

type Told = { name: string; active: boolean; reason: string | null; cause: string | null; todo: string[] };

/** The doctor's word on this machine, for a host that is started in this way. */
function ask(...way: readonly string[]): { code: number | null; layers: Told[]; said: string } {
  const [command = process.execPath, ...args] = [...way, process.execPath, CLI, "doctor", "--json"];
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  const answer = JSON.parse(status === 0 ? stdout : stderr);
  return { code: status, layers: status === 0 ? answer.layers : answer.error.details, said: stdout + stderr };
}
const missing = (layers: readonly Told[]) => layers.filter(({ active }) => !active);
const nameless = (layers: readonly Told[]) =>
  missing(layers).filter(
    ({ reason, cause, todo }) => !reason || !LAYER_CAUSES.some((one) => one === cause) || !todo[0],
  );
const canBecomeAnybody = process.getuid?.() === 0 && spawnSync("unshare", ["-U", "-r", "true"]).status === 0;

describe.runIf(canBecomeAnybody)("the doctor", () => {
  it.each([
    ["root", []],
    ["an ordinary user", ORDINARY],
    ["root of a user namespace of one id", ONE_ID],
    ["a host that may make no namespaces", NO_NAMESPACES],
  ])("tells %s of every layer, with a reason, a cause and what to do for each that is missing", (_who, way) => {
    const { code, layers, said } = ask(...way);
    expect([0, 1]).toContain(code);
    expect(said).not.toContain("INTERNAL");
    expect(layers.map(({ name }) => name)).toEqual([...CONFINEMENT_LAYERS]);
    expect(nameless(layers)).toEqual([]);
  });

  it("says what comes of each", () => {
    expect(missing(ask(...ORDINARY).layers).map(({ name, cause }) => [name, cause])).toContainEqual([
      "own_user",
      "not_root",
    ]);
    const oneId = ask(...ONE_ID);
    expect(oneId.code).toBe(1);
    expect(missing(oneId.layers)).toContainEqual(expect.objectContaining({ name: "uid", cause: "one_id" }));
    const none = missing(ask(...NO_NAMESPACES).layers);
    expect(none).toContainEqual(expect.objectContaining({ name: "userns", cause: "userns_off" }));
  });

  it("is not needed where what is missing is waived: a program runs and ends in a user namespace of one id", () => {
    const folder = mkdtempSync(join(tmpdir(), "bulkhead-doctor-"));
    try {
      spawnSync(process.execPath, [CLI, "init", "notes"], { cwd: folder });
      writeFileSync(join(folder, "notes/app.js"), "throw new Error('on purpose');");
      const waived = missing(ask(...ONE_ID).layers).flatMap(({ name }) => ["--allow-degraded", name]);
      const [command = "", ...args] = [...ONE_ID, process.execPath, CLI, "run", "notes", ...waived];
      const { status, stderr } = spawnSync(command, args, { cwd: folder, encoding: "utf8" });
      expect([status, stderr]).toEqual([1, expect.stringContaining("PROGRAM_ENDED")]);
      expect(stderr).toContain("Error: on purpose at app.js:1:16");
      expect(stderr).toMatch(/confinement_degraded .*waived="[^"]*uid/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("is where a program that can't be confined sends its developer, who is never told of success", () => {
    const folder = mkdtempSync(join(tmpdir(), "bulkhead-doctor-"));
    try {
      spawnSync(process.execPath, [CLI, "init", "notes"], { cwd: folder });
      const [command = "", ...args] = [...ONE_ID, process.execPath, CLI, "run", "notes", "--json"];
      const { status, stderr } = spawnSync(command, args, { cwd: folder, encoding: "utf8" });
      expect(status).toBe(1);
      expect(stderr).toContain("confinement_degraded");
      expect(stderr).toContain('"code":"NOT_CONFINED"');
      expect(stderr).toContain('"next":"bulkhead doctor says');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
