import { readFileSync } from "node:fs";
import { Socket } from "node:net";
import { FAULTS } from "../../bridge/frame-codec";
import { createEngineChannel } from "./engine-channel";
import { createEngineTimers, nodeTimers } from "./engine-timers";
import { createScriptMachine, type MachineOptions, type ScriptMachine } from "./script-machine";
import { compileScriptWasm } from "./script-wasm";

/**
 * The process that one script program runs in: the channel on descriptor 3, one machine, nothing else. It lives as long
 * as the channel does.
 */
const CHANNEL_DESCRIPTOR = 3;
const EXIT_FAULT = 70;

const wasm = compileScriptWasm(readFileSync(new URL("./engine-script.wasm", import.meta.url)));
let machine: ScriptMachine | undefined;

const end = (reason: number, text: string): void => {
  const leave = (): never => process.exit(EXIT_FAULT);
  channel.fault(reason, text).then(leave, leave);
};

const timers = createEngineTimers(nodeTimers, (token) => machine?.fireTimer(token));
const makeMachine = (options: string): Promise<ScriptMachine> => {
  // Safe: the host on the other end wrote it, with these members (`script-engine.ts`).
  const bounds = JSON.parse(options) as Pick<MachineOptions, "memoryPagesMax" | "turnCpuMsMax" | "turnWallMsMax">;
  return createScriptMachine({
    wasm,
    ...bounds,
    ports: {
      post: (message) => channel.post(message),
      startTimer: timers.start,
      stopTimer: timers.stop,
      onFault: end,
      wallMs: () => performance.now(),
      cpuMs: () => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1000;
      },
    },
  });
};
const endFailed = (error: unknown): void => end(FAULTS.engine, error instanceof Error ? error.name : "unknown");
/** A machine that no source was seen by, and the bounds that it has for good. */
let prepared: { options: string; machine: Promise<ScriptMachine> } | undefined;

const channel = createEngineChannel(new Socket({ fd: CHANNEL_DESCRIPTOR, readable: true, writable: true }), {
  onPrepare(options) {
    prepared = { options, machine: makeMachine(options) };
    prepared.machine.catch(endFailed);
  },
  onRun(source, options) {
    // bounds that changed meanwhile are another machine's
    const made = prepared?.options === options ? prepared.machine : makeMachine(options);
    prepared = undefined;
    made.then((created) => {
      machine = created;
      channel.ready();
      created.run(source);
    }, endFailed);
  },
  onReply: (reply) => machine?.reply(reply.id, reply.ok, reply.text, reply.body),
  onClosed: () => process.exit(0),
});

process.on("uncaughtException", (error) => end(FAULTS.engine, error.name));
