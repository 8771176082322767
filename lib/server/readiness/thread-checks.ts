import type { ThreadFigures } from "@/lib/contracts/readiness";
import { THREADS, type ThreadName } from "@/lib/domain/readiness-names";
import type { Check, Finding } from "./create-readiness";

/** A thread that has said nothing for so long is stuck, or dead. */
const SILENT_MS = 5_000;
/** Work that comes so late is felt by whoever waits for it: people and batches wait longer than devices may. */
const LATE_MS = { main: 1_000, console: 5_000, ingest: 5_000 } as const satisfies Record<ThreadName, number>;

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

function judge({ name, state, silentMs, starts }: ThreadFigures, lost: string): Finding {
  const remedy =
    "The log says what ended or holds it. Silent for half a minute it is ended, and started again by itself; devices keep what they have.";
  if (state !== "running") {
    const says = `${THREADS[name]}: its thread ${state === "down" ? "is down" : "starts"}, for ${seconds(silentMs)}. ${lost}`;
    return { state: "failed", says, remedy };
  }
  if (silentMs > SILENT_MS) {
    return {
      state: "failed",
      says: `${THREADS[name]}: its thread is silent for ${seconds(silentMs)}. ${lost}`,
      remedy,
    };
  }
  return { state: "ok", says: starts === 1 ? "It runs since the start." : `It runs; it was started ${starts} times.` };
}

/** Whether the thread of the console answers: without it nobody decides, and devices are served all the same. */
export const consoleThread = (figures: () => ThreadFigures): Check => ({
  name: "console_thread",
  run: async () => judge(figures(), "Nobody can decide or sign in meanwhile."),
});

/** Whether the thread that takes telemetry in answers. */
export const ingestThread = (figures: () => ThreadFigures): Check => ({
  name: "ingest_thread",
  run: async () => judge(figures(), "Devices keep what they measured and send it later."),
});

/** Whether threads came to their work in time in the last minute. */
export const lag = (figures: () => readonly ThreadFigures[]): Check => ({
  name: "lag",
  async run() {
    const late = figures().map(({ name, lagMaxMs }) => ({ name, ms: lagMaxMs ?? 0 }));
    const says = `The longest that each thread came late to its work in the last minute: ${late.map(({ name, ms }) => `${THREADS[name]} ${ms} ms`).join(", ")}.`;
    if (late.every(({ name, ms }) => ms < LATE_MS[name])) return { state: "ok", says };
    const remedy = "Look at the slow requests in the log and at the longest turns of the queues here.";
    return { state: "warn", says, remedy };
  },
});
