import { readdirSync } from "node:fs";
import { getPriority } from "node:os";
import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { scriptEngine } from "../engines/script/script-engine";
import { launchEngine } from "../program/launch-engine";
import { missingLayers } from "./confinement-layers";
import type { ConfinedProcess } from "./launch-confined";
import { probeConfinement } from "./probe-confinement";
import { systemProc } from "./process-tree";

const SLICE_NS = 500_000;

const confinement = await probeConfinement();
const isWhole = missingLayers(confinement.layers, []).length === 0;
/** Whoever may not takes back no niceness; it is told apart here by who runs this. */
const mayRaise = process.getuid?.() === 0;
let launched: ConfinedProcess | undefined;

afterEach(async () => {
  launched?.kill();
  await launched?.exited;
});

const nicenessOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).map((thread) => getPriority(Number(thread)));

/** The longest time that the kernel lets a thread run while another waits; undefined where this kernel does not say. */
const sliceOf = (pid: number, thread = String(pid)): number | undefined => {
  const told = /^se\.slice +: +(\d+)$/m.exec(systemProc.read(`/proc/${pid}/task/${thread}/sched`) ?? "")?.[1];
  return told === undefined ? undefined : Number(told);
};

const groups = { usable: false, reason: "not asked for" } as const;

/** An engine and the processes of bubblewrap around it. */
async function launch(): Promise<{ process: ConfinedProcess; engine: number }> {
  const result = await launchEngine(scriptEngine, { ...confinement, groups }, 0, () => undefined);
  if (!result.ok) throw new Error(result.reason);
  launched = result.process;
  const { pid, insidePid, processes } = launched;
  // the first process inside makes it once the host has let it go on
  for (;;) {
    const engine = processes().find((one) => one !== pid && one !== insidePid);
    if (engine !== undefined) return { process: launched, engine };
    await setImmediate();
  }
}

describe.runIf(isWhole)("an engine that is to give way", () => {
  it("has all its threads behind, what waits around it not, and comes back where that is allowed", async () => {
    const { process: confined, engine } = await launch();
    const own = new Set(nicenessOf(confined.pid));
    const behind = Math.min(19, getPriority() + 10);
    confined.giveWay(true);
    expect(new Set(nicenessOf(engine))).toEqual(new Set([behind]));
    expect(new Set(nicenessOf(confined.insidePid))).toEqual(own);
    confined.giveWay(false);
    expect(new Set(nicenessOf(engine))).toEqual(new Set([mayRaise ? getPriority() : behind]));
  });
});

describe.runIf(isWhole && (sliceOf(process.pid) ?? 0) > SLICE_NS)(
  "an engine, under a kernel that knows slices,",
  () => {
    it("runs in short ones, all its threads, so that another waits for no long one", async () => {
      const { process: confined, engine } = await launch();
      const threads = () => readdirSync(`/proc/${engine}/task`);
      // it stands once Node has made its helpers
      while (threads().length < 4) await setImmediate();
      confined.giveWay(true);
      expect(new Set(threads().map((thread) => sliceOf(engine, thread)))).toEqual(new Set([SLICE_NS]));
    });
  },
);
