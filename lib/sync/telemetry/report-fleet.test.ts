import { expect, it } from "vitest";
import { createLoadMeter } from "./ingest-load";
import { createReportPace } from "./report-pace";

const MINUTE_MS = 60_000;

type Event = { atMs: number; deviceId: string };

/** A fleet that reports to one queue of 256 places, where a batch takes `batchMs`; by minute, how busy it was and what was told. */
function run(options: { devices: number; batchMs: number; documentSeconds: number; minutes: number }) {
  const { devices, batchMs, documentSeconds, minutes } = options;
  const clock = { at: 0, nowMs: () => clock.at };
  const meter = createLoadMeter({ clock, waitingMax: 256 });
  const pace = createReportPace({ clock, load: meter, from: "prc_1" });
  // By the tenth of a second, so that 800 devices need no heap.
  const calendar = new Map<number, Event[]>();
  const plan = (event: Event) => {
    const slot = Math.ceil(event.atMs / 100);
    calendar.set(slot, [...(calendar.get(slot) ?? []), event]);
  };
  for (let n = 0; n < devices; n += 1) {
    plan({ atMs: 1 + (n * documentSeconds * 1000) / devices, deviceId: `dev_${n}` });
  }
  const queue: { deviceId: string; end: () => void }[] = [];
  const busyMs = new Array<number>(minutes).fill(0);
  const told = new Array<number>(minutes).fill(0);
  let refused = 0;
  /** What the one who takes them in has left of this tenth of a second. */
  let creditMs = 0;
  for (let slot = 1; slot * 100 < minutes * MINUTE_MS; slot += 1) {
    const minute = Math.floor((slot * 100) / MINUTE_MS);
    clock.at = slot * 100;
    for (const { deviceId } of calendar.get(slot) ?? []) {
      if (queue.length < 256) queue.push({ deviceId, end: meter.begin() });
      else {
        refused += 1;
        plan({ atMs: clock.at + 2000 + (refused % 30) * 100, deviceId });
      }
    }
    calendar.delete(slot);
    creditMs = Math.min(100, creditMs) + (queue.length > 0 ? 100 : 0);
    while (creditMs >= batchMs && queue.length > 0) {
      creditMs -= batchMs;
      clock.at += batchMs;
      busyMs[minute] = (busyMs[minute] ?? 0) + batchMs;
      const { deviceId, end } = queue.shift() ?? { deviceId: "", end: () => undefined };
      end();
      const { intervalSeconds } = pace.next(deviceId, documentSeconds);
      told[minute] = Math.max(told[minute] ?? 0, intervalSeconds);
      plan({ atMs: clock.at + intervalSeconds * 1000, deviceId });
    }
  }
  return { busy: busyMs.map((ms) => ms / MINUTE_MS), told, refused };
}

it("a fleet of four times what can be taken in comes to rest within minutes, neither crowded nor idle nor to and fro", () => {
  const { busy, told } = run({ devices: 800, batchMs: 25, documentSeconds: 5, minutes: 30 });
  const [after, intervals] = [busy.slice(5), told.slice(5)];
  expect(Math.max(...after)).toBeLessThan(0.7);
  expect(Math.min(...after)).toBeGreaterThan(0.2);
  expect(Math.max(...intervals) / Math.min(...intervals)).toBeLessThan(1.2);
});

it("a fleet that can be taken in reports as the document says", () => {
  const { told, refused } = run({ devices: 100, batchMs: 10, documentSeconds: 5, minutes: 10 });
  expect(Math.max(...told)).toBe(5);
  expect(refused).toBe(0);
});
