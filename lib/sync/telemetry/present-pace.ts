import type { Store } from "@/db/store";
import type { Clock } from "@/lib/platform/clock";
import { TOLD_EVERY_MS } from "./report-pace";

export type PresentPace = {
  /** How often devices report at present because of load, as the slowest process said last; null where none says so. */
  everySeconds(): number | null;
  close(): void;
};

const BELIEVED_MS = 3 * TOLD_EVERY_MS;

/** Listens to what every process that takes telemetry in says of its load; one that fell silent counts no more. */
export function createPresentPace(store: Pick<Store, "subscribe">, clock: Clock): PresentPace {
  const said = new Map<string, { seconds: number; atMs: number }>();
  const forget = (nowMs: number) => {
    for (const [from, { atMs }] of said) if (Math.abs(nowMs - atMs) >= BELIEVED_MS) said.delete(from);
  };
  const close = store.subscribe((announcement) => {
    if (announcement.topic !== "reporting") return;
    const { from, everySeconds } = announcement;
    const nowMs = clock.nowMs();
    forget(nowMs);
    if (everySeconds === null) said.delete(from);
    else said.set(from, { seconds: everySeconds, atMs: nowMs });
  });
  return {
    everySeconds() {
      forget(clock.nowMs());
      return said.size === 0 ? null : Math.max(...[...said.values()].map(({ seconds }) => seconds));
    },
    close,
  };
}
