import { expect, it } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS, planUse } from "./plan-use";

const FROM_MS = Date.UTC(2026, 4, 27);
const DAYS = 14;
const planOf = (untilMs: number) => planUse({ fromMs: FROM_MS, untilMs, devices: 24 });
const plan = planOf(FROM_MS + DAYS * DAY_MS);

it("plans the same whenever a past ends, but for what would not be over", () => {
  const untilMs = FROM_MS + 9 * DAY_MS + 17 * HOUR_MS;
  const over = plan.filter(({ startMs, minutes }) => startMs + minutes * MINUTE_MS <= untilMs);
  const known = ({ device, appId, startMs, minutes }: (typeof plan)[number]) =>
    `${device} ${appId} ${startMs} ${minutes}`;
  expect(planOf(untilMs).map(known)).toEqual(over.map(known));
});

it("opens one program at a time on a device, and stays far below what a demo may tell", () => {
  for (let device = 0; device < 24; device += 1) {
    const own = plan.filter((session) => session.device === device);
    for (const [nth, { startMs }] of own.entries()) {
      const before = own[nth - 1];
      if (before !== undefined) expect(startMs).toBeGreaterThan(before.startMs + before.minutes * MINUTE_MS);
    }
  }
  expect(plan.reduce((sum, { minutes }) => sum + minutes, 0)).toBeLessThan(60_000);
});

it("opens what the story is about on each day on which that may fall", () => {
  const opened = (appId: string, fromMs: number, untilMs: number) =>
    plan.filter((session) => session.appId === appId && session.startMs >= fromMs && session.startMs < untilMs).length;
  for (let day = 1; day < DAYS - 1; day += 1) {
    const dayMs = FROM_MS + day * DAY_MS;
    // From its release on one day until its suspension on the next.
    expect(
      opened("example.harbourlight.radio", dayMs + 10.5 * HOUR_MS, dayMs + DAY_MS + 17 * HOUR_MS),
      `day ${day}`,
    ).toBeGreaterThan(3);
    expect(opened("example.lantern.blocks", dayMs, dayMs + DAY_MS), `day ${day}`).toBeGreaterThan(0);
    expect(opened("example.saffron.orders", dayMs, dayMs + DAY_MS), `day ${day}`).toBeGreaterThan(0);
  }
});
