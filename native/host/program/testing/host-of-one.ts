import { startTestProgram } from "./program-bench";

/** A host process of its own for one program that never rests: what is left of it when the host is killed is a test's. */
const { program, line } = await startTestProgram(`console.log("up"); for (;;);`);
await line("up");
process.stdout.write(`${program.pid}\n`);
setInterval(() => undefined, 60_000);
