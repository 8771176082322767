import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { OpenBundle, OpenBundleResult } from "../core/bundle/open-bundle";
import type { BundleSeal, JudgedBundle } from "./judge-bundle";

/** How long one bundle may take to be opened: many times what the largest honest one needs. */
const OPEN_MS_MAX = 20_000;
/**
 * What a thread may have beside a bundle's bytes, which are bounded before they are read (spec §2): a heap, in MiB, many
 * times what the largest manifest needs, and a stack.
 */
const MEMORY = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 } as const;
/** Bundles that wait for the one that is being opened, of all and of one; who comes then is sent away. */
const WAITING_MAX = 16;
const WAITING_OF_ONE_MAX = 4;

/** Raised when a bundle was not opened, in time or at all; it says nothing of the bundle (spec 2.18). */
export class BundleNotOpened extends Error {}

/** What a thread runs: a file that was built beside this one, or the text of it. */
type Script = { file: URL } | { text: string };

/** What a thread is started with: bytes to open, or a file to judge, which it reads itself. */
export type BundleWork = { do: "open"; bytes: Uint8Array } | { do: "judge"; path: string; seal: BundleSeal };

/** Judges the bytes of a file that does not change; `whose` it is says among whom the thread is shared. */
export type JudgeBundle = (file: { path: string }, seal: BundleSeal, whose: string) => Promise<JudgedBundle>;

type Limits = { openMsMax?: number; waitingMax?: number; waitingOfOneMax?: number; script?: () => Promise<Script> };

/**
 * Makes an opener that spends no time on the thread that asks (spec 2.18): each bundle has a thread of its own, one after
 * the other, which is ended when its time or its memory is over. Whoever waits is served in turn, whatever others have
 * handed in. Rejects with `BundleNotOpened` when either is over, where too many wait, of all or of one, and where the
 * thread falls.
 */
export function createBundleOpener(limits: Limits = {}): OpenBundle {
  const inTurn = createTurns<OpenBundleResult>(limits);
  return (given, whose) =>
    inTurn(() => {
      // A copy, since whoever asked goes on with the bytes; a Buffer's own slice would be a view, and be taken with it.
      const bytes = new Uint8Array(given);
      return { work: { do: "open", bytes }, transferList: [bytes.buffer] };
    }, whose);
}

/** Makes the same for whoever takes bundles in: the thread reads the file, verifies, hashes and opens. */
export function createBundleJudge(limits: Limits = {}): JudgeBundle {
  const inTurn = createTurns<JudgedBundle>(limits);
  return ({ path }, seal, whose) => inTurn(() => ({ work: { do: "judge", path, seal }, transferList: [] }), whose);
}

type Handed = { work: BundleWork; transferList: ArrayBuffer[] };

function createTurns<Result>(options: Limits): (hand: () => Handed, whose: string) => Promise<Result> {
  const { openMsMax = OPEN_MS_MAX, waitingMax = WAITING_MAX, waitingOfOneMax = WAITING_OF_ONE_MAX } = options;
  const { script = workerScript } = options;
  /** What waits, by whose it is; whose turn is next comes first. */
  const waiting = new Map<string, (() => Promise<unknown>)[]>();
  let isOpening = false;

  async function openInTurn(): Promise<void> {
    if (isOpening) return;
    isOpening = true;
    for (const [whose, own] of waiting) {
      // Taken out and put behind all others, where the walk over the map comes by it again.
      waiting.delete(whose);
      const [next, ...rest] = own;
      if (rest.length > 0) waiting.set(whose, rest);
      await next?.();
    }
    isOpening = false;
  }

  return (hand, whose) => {
    const own = waiting.get(whose) ?? [];
    const all = [...waiting.values()].reduce((sum, { length }) => sum + length, 0);
    if (all >= waitingMax || own.length >= waitingOfOneMax) {
      return Promise.reject(new BundleNotOpened("too many bundles wait to be opened"));
    }
    return new Promise((resolve, reject) => {
      const work = async () => runWorker<Result>(await script(), hand(), openMsMax).then(resolve, reject);
      waiting.set(whose, [...own, () => work().catch(reject)]);
      void openInTurn();
    });
  };
}

function runWorker<Result>(script: Script, { work, transferList }: Handed, openMsMax: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    const options = { workerData: work, transferList, resourceLimits: MEMORY };
    const worker =
      "file" in script ? new Worker(script.file, options) : new Worker(script.text, { ...options, eval: true });
    const timer = setTimeout(() => end(() => reject(new BundleNotOpened("not opened in time"))), openMsMax);
    const end = (settle: () => void) => {
      clearTimeout(timer);
      settle();
      void worker.terminate();
    };
    worker.once("message", (result: Result) => end(() => resolve(result)));
    worker.once("error", (cause) => end(() => reject(new BundleNotOpened("its thread fell", { cause }))));
    worker.once("exit", () => end(() => reject(new BundleNotOpened("its thread ended without an answer"))));
  });
}

let made: Promise<Script> | undefined;

/** The thread's script as `scripts/build-server.ts` puts it beside the server; elsewhere it is made of its sources, once a process. */
function workerScript(): Promise<Script> {
  const file = new URL("./bundle-worker.mjs", import.meta.url);
  if (existsSync(file)) return Promise.resolve({ file });
  made ??= makeScript();
  return made;
}

const SOURCE = join("native", "node", "bundle-worker.ts");

/** The project's folder, from here or from a bundle of this file: the first one up that has the source. */
function projectFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, SOURCE))) {
    const parent = dirname(folder);
    if (parent === folder) throw new BundleNotOpened("the source of its thread was not found");
    folder = parent;
  }
  return folder;
}

async function makeScript(): Promise<Script> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [join(projectFolder(), SOURCE)],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    write: false,
    logLevel: "error",
  });
  return { text: outputFiles[0]?.text ?? "" };
}
