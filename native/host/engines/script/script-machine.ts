import baseVariant from "@jitl/quickjs-wasmfile-release-sync";
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
} from "quickjs-emscripten-core";
import { boundText, cutText } from "../../../core/text/plain-text";
import { FAULTS } from "../../bridge/frame-codec";
import { GUEST_PRELUDE } from "./guest-prelude";
import { trackRejections } from "./rejection-tracker";
import { type MappedSource, takeSourceMap } from "./source-map";

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
  /** Hears of each error that nobody caught, in one line; it is also a line of the console. */
  onUncaught?(line: string): void;
  /** Processor time of this process so far, in milliseconds. */
  cpuMs(): number;
  /** A clock that goes on while the process is held, and stands while the machine does. */
  wallMs(): number;
};

export type MachineOptions = {
  /** Of `compileScriptWasm`. */
  wasm: WebAssembly.Module;
  /** Greatest size of the machine's memory, in pages of 64 KiB: the one bound that holds inside the engine. */
  memoryPagesMax: number;
  /** Processor time that one turn may take before the program counts as hung. */
  turnCpuMsMax: number;
  /** Time on the clock that it may take, time in which it is held back included; but not what it was stopped for. */
  turnWallMsMax: number;
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
/** Longer than this at a time nobody is held back: the process was stopped, by its host or whoever debugs it (spec 5.33). */
const STOPPED_MS = 1_000;
/** What a line of console is among what is posted. */
const LINE = 2;
const TEXT_MAX = 4096;
/** With the word before it in its line. */
const WHOLE_MAX = TEXT_MAX - 16;
const PLACE_MAX = 64;
/** With a file's name as a map has it. */
const WRITTEN_PLACE_MAX = 256;
const FRAMES_MAX = 16;

/**
 * A text as the prelude sends it: its JSON, in which nothing is a NUL or half of a pair. The engine's own strings end at the
 * first NUL.
 */
function wholeText(context: QuickJSContext, handle: QuickJSHandle): string {
  return JSON.parse(context.getString(handle)) as string;
}

function ownBytes(context: QuickJSContext, handle: QuickJSHandle | undefined): Uint8Array | undefined {
  if (handle === undefined) return undefined;
  const type = context.typeof(handle);
  if (type === "string") return new TextEncoder().encode(wholeText(context, handle));
  if (type !== "object") return undefined;
  const lifetime = context.getArrayBuffer(handle);
  const copy = Uint8Array.from(lifetime.value);
  lifetime.dispose();
  return copy;
}

/** What the prelude says of something that was thrown. */
type Thrown = { text: string; stack: string };

/** The text of what was thrown, with the program's own frames, by the places that somebody wrote; bounded. */
export function sayThrown({ text, stack }: Thrown, placeOf: MappedSource["placeOf"]): { line: string; whole: string } {
  const frames = stack.split("\n").flatMap((frame) => {
    const [, at = "", place, line, column = "1"] =
      /^\s*at (?:(.*?) ?\(?)(app\.js:(\d+)(?::(\d+))?)\)?$/.exec(frame) ?? [];
    if (place === undefined) return [];
    const written = placeOf(Number(line), Number(column)) ?? place.slice(0, PLACE_MAX - 4);
    return [{ at: boundText(at, PLACE_MAX), place: written }];
  });
  const place = frames[0]?.place;
  const line = cutText(text, WHOLE_MAX - WRITTEN_PLACE_MAX) + (place === undefined ? "" : ` at ${place}`);
  const shown = frames
    .slice(0, FRAMES_MAX)
    .map(({ at, place }) => `\n    at ${at === "" ? place : `${at} (${place})`}`);
  const hidden = frames.length - shown.length;
  if (hidden > 0) shown.push(`\n    … ${hidden} more`);
  return { line, whole: frames.length < 2 ? line : cutText(line + shown.join(""), WHOLE_MAX) };
}

function sayTime(of: string, ms: number, mostMs: number): string {
  return `a turn took ${Math.round(ms)} ms ${of}; at most ${mostMs}`;
}

/**
 * One QuickJS machine in WebAssembly for one program. Everything that enters it is text, numbers or a copy of bytes.
 * An exception that comes out of the engine itself, rather than out of the program, ends the machine.
 */
export async function createScriptMachine(options: MachineOptions): Promise<ScriptMachine> {
  const { ports } = options;
  const wasmMemory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: options.memoryPagesMax });
  let instance: WebAssembly.Instance | undefined;
  const instantiateWasm = (imports: WebAssembly.Imports, onSuccess: (made: WebAssembly.Instance) => void) => {
    instance = new WebAssembly.Instance(options.wasm, imports);
    onSuccess(instance);
    return instance.exports;
  };
  const variant = newVariant(baseVariant, { wasmMemory, emscriptenModule: { instantiateWasm } });
  const quickjs = await newQuickJSWASMModuleFromVariant(variant);
  if (instance === undefined) throw new Error("the engine did not take its module");
  const runtime = quickjs.newRuntime();
  runtime.setMaxStackSize(STACK_BYTES);
  const context = runtime.newContext();

  let dead = false;
  let written: MappedSource = takeSourceMap("");
  const now = () => ({ cpuMs: ports.cpuMs(), wallMs: ports.wallMs() });
  let turn = now();
  let looked = turn;
  /** Which of its times a turn has passed, with value and maximum. */
  let hung: string | undefined;
  const interrupt = (): boolean => {
    const { cpuMs, wallMs } = now();
    const stoodMs = wallMs - looked.wallMs - (cpuMs - looked.cpuMs);
    looked = { cpuMs, wallMs };
    if (stoodMs > STOPPED_MS) turn = { ...turn, wallMs: turn.wallMs + stoodMs };
    const spent = [cpuMs - turn.cpuMs, wallMs - turn.wallMs] as const;
    if (spent[0] > options.turnCpuMsMax) hung = sayTime("of processor time", spent[0], options.turnCpuMsMax);
    else if (spent[1] > options.turnWallMsMax) hung = sayTime("on the clock", spent[1], options.turnWallMsMax);
    return hung !== undefined;
  };
  const setInterruptHandler = () => runtime.setInterruptHandler(interrupt);
  const rejections = trackRejections({ quickjs, instance, memory: wasmMemory, context, setInterruptHandler });

  const fault = (reason: number, text: string): void => {
    if (dead) return;
    dead = true;
    ports.onFault(reason, text);
  };
  /** Tells what nobody caught; answers its one line. */
  const complain = (error: QuickJSHandle): string => {
    const { line, whole } = sayThrown(describeThrown(error), written.placeOf);
    error.dispose();
    if (hung !== undefined) {
      fault(FAULTS.turnTooLong, hung);
      return line;
    }
    ports.onUncaught?.(line);
    ports.post({ kind: LINE, id: 3, api: "", text: `Uncaught ${whole}`, body: undefined });
    return line;
  };
  const describeThrown = (error: QuickJSHandle): Thrown => {
    const result = context.callFunction(onThrown, context.undefined, [error]);
    if (result.error) {
      result.error.dispose();
      return { text: "something that cannot be said", stack: "" };
    }
    return result.value.consume((text) => JSON.parse(context.getString(text)) as Thrown);
  };
  /** Enters the machine; whatever the engine throws here is its own failure, deep recursion included. */
  const enter = (work: () => void): void => {
    if (dead) return;
    turn = now();
    looked = turn;
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
      rejections.forget(settled);
      tellRejections();
      fault(FAULTS.uncaught, complain(state.error));
    } else {
      state.value.dispose();
    }
    if (settled.alive) settled.dispose();
  };
  /** Of those that nobody handled by the end of a turn. */
  const tellRejections = (): void => {
    const { reasons, more } = rejections.take();
    for (const reason of reasons) {
      if (dead) reason.dispose();
      else complain(reason);
    }
    const text = `Uncaught: ${more} more rejections that nobody handled`;
    if (more > 0 && !dead) ports.post({ kind: LINE, id: 3, api: "", text, body: undefined });
  };
  const drain = (): void => {
    const result = runtime.executePendingJobs(JOBS_AT_ONCE);
    if (result.error) complain(result.error);
    if (dead) return;
    settleMain();
    if (dead || draining) return;
    if (!runtime.hasPendingJob()) {
      tellRejections();
      return;
    }
    draining = true;
    setImmediate(() => {
      draining = false;
      // the turn goes on: its time is not counted anew
      const begun = { turn, looked };
      enter(() => {
        ({ turn, looked } = begun);
      });
    });
  };

  const post = context.newFunction("post", (kind, id, api, text, body) => {
    const sent = context.getNumber(kind);
    const answer = ports.post({
      kind: sent,
      id: context.getNumber(id),
      api: wholeText(context, api),
      // parameters are JSON, in which nothing ends a text: they cross as they are
      text: sent === LINE ? wholeText(context, text) : context.getString(text),
      body: ownBytes(context, body),
    });
    return context.newNumber(answer);
  });
  const startTimer = context.newFunction("startTimer", (delay, repeats) =>
    context.newNumber(ports.startTimer(context.getNumber(delay), context.sameValue(repeats, context.true))),
  );
  const stopTimer = context.newFunction("stopTimer", (token) => ports.stopTimer(context.getNumber(token)));
  const decodeUtf8 = context.newFunction("decodeUtf8", (bytes) =>
    context.newString(JSON.stringify(new TextDecoder().decode(ownBytes(context, bytes) ?? new Uint8Array()))),
  );

  const prelude = context.unwrapResult(context.evalCode(GUEST_PRELUDE, "bulkhead", { strict: true, strip: true }));
  const receivers = context.unwrapResult(
    context.callFunction(prelude, context.undefined, [post, startTimer, stopTimer, decodeUtf8]),
  );
  const onReply = context.getProp(receivers, 0);
  const onTimer = context.getProp(receivers, 1);
  const onThrown = context.getProp(receivers, 2);
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
        written = takeSourceMap(source);
        const result = context.evalCode(written.code, "app.js", { type: "module" });
        if (result.error) {
          fault(FAULTS.uncaught, complain(result.error));
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
