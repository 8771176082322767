import { probeConfinement } from "../../confinement/probe-confinement";
import { KNOWN_ENGINES } from "../../engines/known-engines";
import { createSpareEngines } from "../spare-engines";
import { startTestProgram } from "./program-bench";

/**
 * A host process of its own for one program that never rests, and one spare: what is left of them when the host is killed is a
 * test's. Says their pids.
 */
const confinement = await probeConfinement();
const spares = createSpareEngines({ count: 1, engines: KNOWN_ENGINES, confinement, log: () => undefined });
spares.refill();
await spares.settled();
const { program, line } = await startTestProgram(`console.log("up"); for (;;);`);
await line("up");
process.stdout.write(`${[program.pid, ...spares.pids()].join(" ")}\n`);
setInterval(() => undefined, 60_000);
