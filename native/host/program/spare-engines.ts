import { SHIPPED_LIMITS } from "../../core/limits/effective-limits";
import type { Confinement } from "../confinement/probe-confinement";
import { stateOfFiles } from "../confinement/reachable-files";
import type { Engine, EngineCommand } from "../engines/engine";
import type { HostLog } from "../ports";
import { boundsOf, type LaunchedEngine, launchEngine, removeGroup } from "./launch-engine";

export type SpareEnginesOptions = {
  /** Of each engine that can wait. */
  count: number;
  engines: readonly Engine[];
  confinement: Confinement;
  log: HostLog;
};

/** Engines that were started ahead, each in a box of its own, for programs that are not yet known. */
export type SpareEngines = {
  /**
   * One that waits, bounded for a program of this `memoryBytes`. It is whoever's took it, once: none ever comes back. Undefined
   * where none waits that is all that a cold start would be now; what is not is ended.
   */
  take(engine: Engine, limitBytes: number): Promise<LaunchedEngine | undefined>;
  /** Starts what is missing, on the side. */
  refill(): void;
  /** Resolves when nothing is being started or ended. */
  settled(): Promise<void>;
  /** The processes that wait, by their pids. */
  pids(): readonly number[];
  /** Ends those that wait and starts no more; resolves when no process is left. */
  close(): Promise<void>;
};

type Spare = LaunchedEngine & { engine: Engine; command: EngineCommand; files: string };

const filesOf = (command: EngineCommand): string => stateOfFiles([command.binary, ...Object.values(command.files)]);

/** What has ended by now is heard of first. */
const heard = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Keeps spares. Everything around a spare is what stands around a cold start, but for what is the program's: the group's ceiling,
 * the lowest there is while it waits, and the engine's bounds. Both are set when it is handed over. One that ends by itself is not
 * replaced before the next start, so that a machine without memory is not asked again and again.
 */
export function createSpareEngines({ count, engines, confinement, log }: SpareEnginesOptions): SpareEngines {
  const waiting = new Set<Spare>();
  const starting = new Map<Engine, number>();
  const working = new Set<Promise<void>>();
  /** What the next program is likely to be allowed, by the last. */
  let likelyBytes: number = SHIPPED_LIMITS.memoryBytes.max;
  let isClosed = false;

  const follow = (work: Promise<void>, engine: Engine): void => {
    const followed = work
      .catch((error: unknown) => log("warn", "spare_failed", { engine: engine.kind, error }))
      .finally(() => working.delete(followed));
    working.add(followed);
  };
  const end = async ({ process, group }: LaunchedEngine): Promise<void> => {
    process.kill();
    await process.exited;
    process.channel.destroy();
    await removeGroup(group);
  };
  const start = async (engine: Engine): Promise<void> => {
    const command = await engine.command();
    const files = filesOf(command);
    const launched = await launchEngine(engine, confinement, engine.memory(0).groupBytes, log);
    if (!launched.ok) {
      log("warn", "spare_not_started", { engine: engine.kind, reason: launched.reason });
      return;
    }
    // a spare that has less around it than a start may have is none
    const isWhole = launched.group !== undefined || !confinement.groups.usable;
    if (isClosed || !isWhole) return end(launched);
    const { process, group } = launched;
    const spare: Spare = { process, group, engine, command, files };
    // it may end while nobody listens to its channel
    process.channel.on("error", () => undefined);
    void process.exited.then(({ code }) => {
      if (!waiting.delete(spare)) return;
      log("warn", "spare_ended", { engine: engine.kind, exitCode: code ?? -1, diagnostics: process.diagnostics() });
      follow(end(spare), engine);
    });
    waiting.add(spare);
    engine.prepare?.(process.channel, boundsOf(engine, likelyBytes));
  };
  const refillOne = (engine: Engine): void => {
    const has = [...waiting].filter((spare) => spare.engine === engine).length + (starting.get(engine) ?? 0);
    for (let missing = count - has; missing > 0; missing -= 1) {
      starting.set(engine, (starting.get(engine) ?? 0) + 1);
      const started = start(engine).finally(() => starting.set(engine, (starting.get(engine) ?? 1) - 1));
      follow(started, engine);
    }
  };
  const settled = async (): Promise<void> => {
    while (working.size > 0) await Promise.all(working);
  };

  return {
    async take(engine, limitBytes) {
      likelyBytes = limitBytes;
      if (waiting.size === 0) return undefined;
      const command = await engine.command();
      const files = filesOf(command);
      await heard();
      for (const spare of waiting) {
        if (spare.engine !== engine) continue;
        waiting.delete(spare);
        const isSame = spare.command === command && spare.files === files;
        if (isSame && spare.group?.setMemoryCeiling(engine.memory(limitBytes).groupBytes) !== false) return spare;
        follow(end(spare), engine);
      }
      return undefined;
    },
    refill() {
      if (isClosed) return;
      for (const engine of engines) if (engine.prepare !== undefined) refillOne(engine);
    },
    settled,
    pids: () => [...waiting].map(({ process }) => process.pid),
    async close() {
      isClosed = true;
      for (const spare of waiting) follow(end(spare), spare.engine);
      waiting.clear();
      await settled();
    },
  };
}
