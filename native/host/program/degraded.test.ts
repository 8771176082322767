import { rm } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { REQUIRED_LAYERS } from "../confinement/confinement-layers";
import { findConfinementTools } from "../confinement/confinement-tools";
import type { Confinement } from "../confinement/probe-confinement";
import { createProgramLauncher } from "./program-runner";
import { startTestProgram, type TestProgram } from "./testing/program-bench";

/** A machine without bubblewrap: what remains is an empty environment, an unprivileged user and resource limits. */
const REMAINING = ["uid", "environment", "rlimits", "no_new_privs"];
const UNCONFINED: Confinement = {
  mode: "bare",
  tools: findConfinementTools(),
  groups: { usable: false, reason: "not asked for" },
  layers: REQUIRED_LAYERS.map((name) => ({ name, active: REMAINING.includes(name) })),
};
const MISSING = REQUIRED_LAYERS.filter((name) => !REMAINING.includes(name));

async function whileRunning(source: string, work: (program: TestProgram) => Promise<void>): Promise<void> {
  const program = await startTestProgram(source, { confinement: UNCONFINED, allowDegraded: MISSING });
  try {
    await work(program);
  } finally {
    await program.dispose();
    await rm(program.storageDir, { recursive: true, force: true });
  }
}

describe("where layers of the confinement are missing", () => {
  it("no program is started, and the event says which", async () => {
    await expect(startTestProgram("", { confinement: UNCONFINED })).rejects.toThrow(
      `not started: degraded ${MISSING.join()} sandbox_degraded`,
    );
  });

  it("naming some of them is not enough", async () => {
    const allowDegraded = MISSING.slice(1);
    await expect(startTestProgram("", { confinement: UNCONFINED, allowDegraded })).rejects.toThrow(
      `not started: degraded ${MISSING[0]} sandbox_degraded`,
    );
  });

  it.each([
    ["none", [], 0],
    ["one", MISSING, 1],
  ])(
    "%s of the engines that are asked for is started ahead where %j may be missing",
    async (_word, allowDegraded, most) => {
      let made = 0;
      const create = () => {
        made += 1;
        return { add: () => undefined, setMemoryCeiling: () => true, wasOutOfMemory: () => false, remove: () => true };
      };
      const confinement: Confinement = { ...UNCONFINED, groups: { usable: true, create } };
      const launcher = await createProgramLauncher({
        ...{ spares: 1, allowDegraded, confinement },
        log: () => undefined,
      });
      await launcher.close();
      expect(made).toBe(most);
    },
  );

  it("a program runs once each was named, degraded said all the same, under the same policy", async () => {
    await whileRunning(
      `await bulkhead.device.info(); await bulkhead.call("contacts.read").catch((error) => console.log("error", error.code));`,
      async ({ line, recorded }) => {
        expect(await line("error")).toBe("error PERMISSION_DENIED");
        expect(recorded.events[0]).toEqual(
          expect.objectContaining({ type: "sandbox_degraded", detail: { missing: MISSING.join(",") } }),
        );
      },
    );
  });

  it("even then it is ended when it is stopped, however busy", async () => {
    await whileRunning(`console.log("up"); for (;;);`, async ({ line, program }) => {
      await line("up");
      await program.stop("suspended");
      expect(await program.ended).toEqual({ reason: "suspended" });
    });
  });
});
