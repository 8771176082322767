import { comparePositions, type Position } from "../documents/position";
import type { MinuteEntry } from "./batch";

export type MinuteApplied = NonNullable<MinuteEntry["applied"]>;

/**
 * Of what two increments of one minute say was in force the later (spec §7.5). Positions only rise on a device, so that it
 * does not matter which increment comes first.
 */
export function laterApplied(a: MinuteApplied | undefined, b: MinuteApplied | undefined): MinuteApplied | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return (comparePositions(platformOf(a), platformOf(b)) || a.program - b.program) < 0 ? b : a;
}

/** The position of the platform document in it. */
export const platformOf = ({ epoch, platform }: MinuteApplied): Position => ({ epoch, revision: platform });
