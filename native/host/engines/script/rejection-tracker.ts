import type { QuickJSContext, QuickJSHandle, QuickJSRuntime, QuickJSWASMModule } from "quickjs-emscripten-core";
import { type JSContextPointer, type JSValuePointer, Lifetime } from "quickjs-emscripten-core";
import { TABLE } from "./script-wasm";

/** Rejections of one turn that are told by what they were; those past it are told by their number. */
const TOLD_MAX = 16;
/** Promises that are told apart within one turn. */
const WATCHED_MAX = 4_096;
/** More of a runtime than lies before the callbacks in it. */
const RUNTIME_WORDS = 256;

/**
 * A module of one function, imported as `e.f` and exported as `f`, by which a function of ours gets into the engine's table:
 * (context, promise, reason, whether it is handled by now, nothing).
 */
const CALLBACK = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x09, 0x01, 0x60, 0x05, 0x7f, 0x7e, 0x7e, 0x7f, 0x7f, 0x00],
  ...[0x02, 0x07, 0x01, 0x01, 0x65, 0x01, 0x66, 0x00, 0x00],
  ...[0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00],
]);

export type RejectionTracker = {
  /** What was rejected since it was last asked and is handled by nobody: the reasons of the first, and how many more. */
  take(): { reasons: readonly QuickJSHandle[]; more: number };
  /** Somebody else tells of this promise. */
  forget(promise: QuickJSHandle): void;
};

export type TrackerParts = {
  quickjs: QuickJSWASMModule;
  instance: WebAssembly.Instance;
  memory: WebAssembly.Memory;
  context: QuickJSContext;
  /** Gives the engine the handler that may interrupt it, for the first time. */
  setInterruptHandler(): void;
};

type Pointers = { rt: Lifetime<number>; ctx: Lifetime<JSContextPointer> };

function pointersOf(context: QuickJSContext): { runtime: number; context: JSContextPointer } {
  // Safe: both are members of every context, hidden from the outside by its type alone.
  const { rt, ctx } = context as unknown as Pointers;
  return { runtime: rt.value, context: ctx.value };
}

/**
 * Where in its runtime the engine looks for whom to tell of rejections: it has no function to set this. The word of the handler
 * that interrupts is the one that changes when that is set; beside it lie its argument, then what is looked for, and its argument.
 */
function findCallback({ memory, context, setInterruptHandler }: TrackerParts): number {
  const { runtime } = pointersOf(context);
  const words = () => new Uint32Array(memory.buffer, runtime, RUNTIME_WORDS).slice();
  const before = words();
  setInterruptHandler();
  const after = words();
  const changed = [...after.keys()].filter((place) => before[place] !== after[place]);
  const [handler = RUNTIME_WORDS] = changed;
  const isKnown = changed.length === 1 && before[handler] === 0 && [1, 2, 3].every((by) => after[handler + by] === 0);
  if (!isKnown) throw new Error("this build of the engine is laid out otherwise");
  return runtime + (handler + 2) * Uint32Array.BYTES_PER_ELEMENT;
}

/**
 * Hears of promises that are rejected while nobody handles them. What is tried before anything of a program runs: throws where
 * the engine does not tell.
 */
export function trackRejections(parts: TrackerParts): RejectionTracker {
  const { quickjs, instance, memory, context } = parts;
  const ffi = quickjs.getFFI();
  const own = pointersOf(context).context;
  const place = findCallback(parts);
  // a value of ours in the engine's memory, to lay those into that are to be copied
  const word = ffi.QTS_DupValuePointer(own, ffi.QTS_GetUndefined());
  /** By where its promise lies; null for one whose reason is not kept. */
  const watched = new Map<number, QuickJSHandle | null>();
  /** Whose promise is gone: nobody will handle them any more. */
  let lost: QuickJSHandle[] = [];
  let more = 0;

  const keep = (reason: bigint): QuickJSHandle | null => {
    if (watched.size + lost.length >= TOLD_MAX) return null;
    new DataView(memory.buffer).setBigInt64(word, reason, true);
    const copy: number = ffi.QTS_DupValuePointer(own, word);
    // no memory is left for it
    if (copy === 0) return null;
    // Safe: what the engine copied for us is ours, and freed as one of its own.
    const pointer = copy as JSValuePointer;
    const free = (value: JSValuePointer) => ffi.QTS_FreeValuePointer(own, value);
    return new Lifetime<JSValuePointer, JSValuePointer, QuickJSRuntime>(pointer, undefined, free, context.runtime);
  };
  const lose = (reason: QuickJSHandle | null): void => {
    if (reason === null) more += 1;
    else lost.push(reason);
  };
  const onRejection = (_context: number, promise: bigint, reason: bigint, isHandled: number): void => {
    const key = Number(BigInt.asUintN(32, promise));
    const known = watched.get(key);
    watched.delete(key);
    if (isHandled !== 0) {
      if (known === undefined) more = Math.max(0, more - 1);
      else known?.dispose();
      return;
    }
    // another lay there before
    if (known !== undefined) lose(known);
    if (watched.size < WATCHED_MAX) watched.set(key, keep(reason));
    else more += 1;
  };

  const table = instance.exports[TABLE];
  const callback = new WebAssembly.Instance(new WebAssembly.Module(CALLBACK), { e: { f: onRejection } }).exports.f;
  if (!(table instanceof WebAssembly.Table)) throw new Error("the engine's table of functions is not exported");
  const index = table.grow(1);
  table.set(index, callback);
  new DataView(memory.buffer).setUint32(place, index, true);

  const take = (): { reasons: readonly QuickJSHandle[]; more: number } => {
    for (const reason of watched.values()) lose(reason);
    const taken = { reasons: lost, more };
    watched.clear();
    lost = [];
    more = 0;
    return taken;
  };
  context.unwrapResult(context.evalCode("Promise.reject(1); Promise.reject(2).catch(() => {}); undefined")).dispose();
  const { reasons } = take();
  if (reasons.map((reason) => context.getNumber(reason)).join() !== "1")
    throw new Error("the engine tells of no rejection");
  for (const reason of reasons) reason.dispose();

  return {
    take,
    forget(promise) {
      const key = new DataView(memory.buffer).getUint32(promise.value, true);
      watched.get(key)?.dispose();
      watched.delete(key);
    },
  };
}
