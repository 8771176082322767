/** Devices of one program that are asked to report while somebody looks at it (spec 7.17). */
export const DEVICES_A_PROGRAM = 20;
/** Between two questions to any two devices, whichever process asks: 50 in a second. */
const SLOT_MS = 20;
/** A device is asked once in this time, or less often where more of them have no room in it. */
const TURN_MS = 3000;
/** Turns that a process slept through are not made up for. */
const LOOK_BACK_MS = 1000;

/**
 * Which of these devices are to be asked after one moment and up to another one. Each has a slot of its own by its place
 * among them, so that processes that know the same devices ask 50 in a second together, whoever holds which stream.
 */
export function dueBetween(deviceIds: ReadonlySet<string>, afterMs: number, untilMs: number): string[] {
  const turnMs = Math.max(TURN_MS, deviceIds.size * SLOT_MS);
  const sinceMs = Math.max(afterMs, untilMs - LOOK_BACK_MS);
  const isDue = (place: number) =>
    Math.floor((untilMs - place * SLOT_MS) / turnMs) > Math.floor((sinceMs - place * SLOT_MS) / turnMs);
  return [...deviceIds].sort().filter((_, place) => isDue(place));
}
