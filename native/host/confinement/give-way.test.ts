import { readdirSync } from "node:fs";
import { getPriority } from "node:os";
import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { scriptEngine } from "../engines/script/script-engine";
import { launchEngine } from "../program/program-runner";
import { missingLayers } from "./confinement-layers";
import type { ConfinedProcess } from "./launch-confined";
import { probeConfinement } from "./probe-confinement";

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

describe.runIf(isWhole)("an engine that is to give way", () => {
  it("has all its threads behind, what waits around it not, and comes back where that is allowed", async () => {
    const result = await launchEngine(scriptEngine, confinement);
    if (!result.ok) throw new Error(result.reason);
    launched = result.process;
    const { pid, insidePid, processes } = launched;
    const own = new Set(nicenessOf(pid));
    const engineNow = () => processes().filter((one) => one !== pid && one !== insidePid);
    // the first process inside makes it once the host has let it go on
    while (engineNow().length === 0) await setImmediate();
    const engine = engineNow();
    const behind = Math.min(19, getPriority() + 10);
    launched.giveWay(true);
    expect(engine.map((one) => new Set(nicenessOf(one)))).toEqual(engine.map(() => new Set([behind])));
    expect(new Set(nicenessOf(insidePid))).toEqual(own);
    launched.giveWay(false);
    expect(engine.map((one) => new Set(nicenessOf(one)))).toEqual(
      engine.map(() => new Set([mayRaise ? getPriority() : behind])),
    );
  });
});
