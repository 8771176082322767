import { PAST_DEVICES, type PastProgram, programOf } from "./cast";
import { createChance } from "./walking-clock";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Sessions that one device has on a day, about. */
const SESSIONS_A_DAY = 4;

/** A program opened on a device, of the cast by its place, for so many minutes. */
export type PlannedSession = { nth: number; device: number; appId: string; startMs: number; minutes: number };

/**
 * Who opens which program when, of the cast's first so many devices: drawn by what looks like chance and is the same for each day
 * of a past, whenever that was. A device has one program open at a time; what would not end before `untilMs` is not begun.
 */
export function planUse({ fromMs, untilMs, devices }: { fromMs: number; untilMs: number; devices: number }) {
  const planned: PlannedSession[] = [];
  for (let dayMs = fromMs; dayMs < untilMs; dayMs += DAY_MS) {
    for (const [device, { programs }] of PAST_DEVICES.slice(0, devices).entries()) {
      const chance = createChance(((dayMs - fromMs) / DAY_MS) * 1_000 + device);
      const sessions = Array.from({ length: Math.round(SESSIONS_A_DAY * (0.5 + chance())) }, () => {
        const opened = openedProgram(programs, chance());
        const [from, to] = opened.hours;
        const startMs = dayMs + Math.floor((from + chance() * (to - from)) * 60) * MINUTE_MS;
        const minutes = Math.max(1, Math.round(opened.minutes * (0.5 + chance())));
        return { device, appId: opened.appId, startMs, minutes };
      });
      sessions.sort((a, b) => a.startMs - b.startMs);
      let freeMs = dayMs;
      for (const session of sessions) {
        const endMs = session.startMs + session.minutes * MINUTE_MS;
        if (session.startMs < freeMs || endMs > untilMs) continue;
        freeMs = endMs + MINUTE_MS;
        planned.push({ nth: planned.length, ...session });
      }
    }
  }
  return planned;
}

function openedProgram(appIds: readonly string[], drawn: number): PastProgram {
  const programs = appIds.map(programOf);
  let left = drawn * programs.reduce((sum, { weight }) => sum + weight, 0);
  const found = programs.find(({ weight }) => {
    left -= weight;
    return left <= 0;
  });
  if (found === undefined) throw new Error("a device has programs");
  return found;
}
