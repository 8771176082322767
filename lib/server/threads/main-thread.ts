import type { ThreadFigures } from "@/lib/contracts/readiness";
import { watchLoop } from "./loop-lag";

/** The figures of the thread that started the others: whoever reads them hears that it runs. */
export function watchMainThread(): { figures(): ThreadFigures; stop(): void } {
  const loop = watchLoop();
  return {
    figures: () => ({ name: "main", state: "running", starts: 1, silentMs: 0, ...loop.lag() }),
    stop: loop.stop,
  };
}
