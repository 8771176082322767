import baseVariant from "@jitl/quickjs-wasmfile-release-sync";
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
} from "quickjs-emscripten-core";
import { FAULTS } from "../../bridge/frame-codec";
import { GUEST_PRELUDE } from "./guest-prelude";

/** What a program sends out of its machine. `kind` 0 is a call, 1 the question whether it would be allowed, 2 a line of console. */
export type Posted = {
  kind: number;
  /** Of a call: its number; of a line: its level. */
  id: number;
  api: string;
  text: string;
  body: Uint8Array | undefined;
};

export type MachinePorts = {
  /** 0 accepted · 1 too long for a message · 2 too many are waiting. */
  post(message: Posted): 0 | 1 | 2;
  /** A token above 0, or 0 where too many timers run. */
  startTimer(delayMs: number, repeats: boolean): number;
  stopTimer(token: number): void;
  /** The machine is dead after this: its memory is not trusted to be sound. */
  onFault(reason: number, text: string): void;
  /** Processor time of this process so far, in milliseconds. */
  cpuMs(): number;
};

export type MachineOptions = {
  wasm: WebAssembly.Module;
  /** Greatest size of the machine's memory, in pages of 64 KiB: the one bound that holds inside the engine. */
  memoryPagesMax: number;
  /** Processor time that one turn may take before the program counts as hung. */
  turnCpuMsMax: number;
  ports: MachinePorts;
};

export type ScriptMachine = {
  run(source: string): void;
  reply(id: number, ok: boolean, text: string, body: Uint8Array | undefined): void;
  fireTimer(token: number): void;
};

const INITIAL_PAGES = 256;
const STACK_BYTES = 512 * 1024;
/** Jobs run before the channel is listened to again. */
const JOBS_AT_ONCE = 2_000;
const TEXT_MAX = 4096;
const PLACE_MAX = 64;

function ownBytes(context: QuickJSContext, handle: QuickJSHandle | undefined): Uint8Array | undefined {
  if (handle === undefined) return undefined;
  const type = context.typeof(handle);
  if (type === "string") return new TextEncoder().encode(context.getString(handle));
  if (type !== "object") return undefined;
  const lifetime = context.getArrayBuffer(handle);
  const copy = Uint8Array.from(lifetime.value);
  lifetime.dispose();
  return copy;
}

/** The engine's text of an error thrown by the program, with its first place in the source; bounded. */
function describeError(context: QuickJSContext, error: QuickJSHandle): string {
  if (context.typeof(error) !== "object") return "a value that is no error";
  const [name, message, stack] = ["name", "message", "stack"].map((member) =>
    context.getProp(error, member).consume((handle) => context.getString(handle)),
  );
  const place = /app\.js:\d+(?::\d+)?/.exec((stack ?? "").slice(0, TEXT_MAX))?.[0];
  return (
    `${name}: ${message}`.slice(0, TEXT_MAX - PLACE_MAX) +
    (place === undefined ? "" : ` at ${place.slice(0, PLACE_MAX - 4)}`)
  );
}

/**
 * One QuickJS machine in WebAssembly for one program. Everything that enters it is text, numbers or a copy of bytes.
 * An exception that comes out of the engine itself, rather than out of the program, ends the machine.
 */
export async function createScriptMachine(options: MachineOptions): Promise<ScriptMachine> {
  const { ports } = options;
  const wasmMemory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: options.memoryPagesMax });
  const variant = newVariant(baseVariant, { wasmModule: options.wasm, wasmMemory });
  const quickjs = await newQuickJSWASMModuleFromVariant(variant);
  const runtime = quickjs.newRuntime();
  runtime.setMaxStackSize(STACK_BYTES);
  const context = runtime.newContext();

  let dead = false;
  let turnStartedMs = 0;
  let hung = false;
  runtime.setInterruptHandler(() => {
    if (ports.cpuMs() - turnStartedMs > options.turnCpuMsMax) hung = true;
    return hung;
  });

  const fault = (reason: number, text: string): void => {
    if (dead) return;
    dead = true;
    ports.onFault(reason, text);
  };
  const complain = (error: QuickJSHandle): void => {
    const text = describeError(context, error);
    error.dispose();
    if (hung) fault(FAULTS.turnTooLong, "");
    else ports.post({ kind: 2, id: 3, api: "", text: `Uncaught ${text}`.slice(0, TEXT_MAX), body: undefined });
  };
  /** Enters the machine; whatever the engine throws here is its own failure, deep recursion included. */
  const enter = (work: () => void): void => {
    if (dead) return;
    turnStartedMs = ports.cpuMs();
    try {
      work();
      drain();
    } catch (error) {
      fault(FAULTS.engine, error instanceof Error ? error.name : "unknown");
    }
  };

  let draining = false;
  let main: QuickJSHandle | undefined;
  const settleMain = (): void => {
    if (main === undefined) return;
    const state = context.getPromiseState(main);
    if (state.type === "pending") return;
    const settled = main;
    main = undefined;
    if (state.type === "rejected") {
      const text = describeError(context, state.error);
      complain(state.error);
      fault(FAULTS.uncaught, text);
    } else {
      state.value.dispose();
    }
    if (settled.alive) settled.dispose();
  };
  const drain = (): void => {
    const result = runtime.executePendingJobs(JOBS_AT_ONCE);
    if (result.error) complain(result.error);
    if (dead) return;
    settleMain();
    if (dead || draining || !runtime.hasPendingJob()) return;
    draining = true;
    setImmediate(() => {
      draining = false;
      // the turn goes on: its processor time is not counted anew
      const startedMs = turnStartedMs;
      enter(() => {
        turnStartedMs = startedMs;
      });
    });
  };

  const post = context.newFunction("post", (kind, id, api, text, body) => {
    const answer = ports.post({
      kind: context.getNumber(kind),
      id: context.getNumber(id),
      api: context.getString(api),
      text: context.getString(text),
      body: ownBytes(context, body),
    });
    return context.newNumber(answer);
  });
  const startTimer = context.newFunction("startTimer", (delay, repeats) =>
    context.newNumber(ports.startTimer(context.getNumber(delay), context.sameValue(repeats, context.true))),
  );
  const stopTimer = context.newFunction("stopTimer", (token) => ports.stopTimer(context.getNumber(token)));
  const decodeUtf8 = context.newFunction("decodeUtf8", (bytes) =>
    context.newString(new TextDecoder().decode(ownBytes(context, bytes) ?? new Uint8Array())),
  );

  const prelude = context.unwrapResult(context.evalCode(GUEST_PRELUDE, "bulkhead", { strict: true, strip: true }));
  const receivers = context.unwrapResult(
    context.callFunction(prelude, context.undefined, [post, startTimer, stopTimer, decodeUtf8]),
  );
  const onReply = context.getProp(receivers, 0);
  const onTimer = context.getProp(receivers, 1);
  for (const handle of [prelude, receivers, post, startTimer, stopTimer, decodeUtf8]) handle.dispose();

  const call = (receiver: QuickJSHandle, args: QuickJSHandle[]): void => {
    const result = context.callFunction(receiver, context.undefined, args);
    for (const handle of args) handle.dispose();
    if (result.error) complain(result.error);
    else result.value.dispose();
  };

  return {
    run(source) {
      enter(() => {
        const result = context.evalCode(source, "app.js", { type: "module" });
        if (result.error) {
          const text = describeError(context, result.error);
          complain(result.error);
          fault(FAULTS.uncaught, text);
          return;
        }
        if (context.getPromiseState(result.value).type === "fulfilled") result.value.dispose();
        else main = result.value;
      });
    },
    reply(id, ok, text, body) {
      enter(() => {
        const args = [context.newNumber(id), context.newNumber(ok ? 1 : 0), context.newString(text)];
        if (body !== undefined) {
          const copy = new Uint8Array(body);
          args.push(context.newArrayBuffer(copy.buffer));
        }
        call(onReply, args);
      });
    },
    fireTimer(token) {
      enter(() => call(onTimer, [context.newNumber(token)]));
    },
  };
}
