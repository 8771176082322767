/** Where a document stands (spec §4): epoch and revision, which only rise and are compared as a pair. */
export type Position = { epoch: number; revision: number };

/** Below everything that was ever signed. */
export const NO_POSITION: Position = { epoch: 0, revision: 0 };

/** Negative where `a` is older, positive where it is newer, 0 where they are the same. */
export function comparePositions(a: Position, b: Position): number {
  return a.epoch === b.epoch ? a.revision - b.revision : a.epoch - b.epoch;
}

export const isNewerPosition = (a: Position, b: Position): boolean => comparePositions(a, b) > 0;
export const isSamePosition = (a: Position, b: Position): boolean => comparePositions(a, b) === 0;

/** The position alone, of anything that has one. */
export const positionOf = ({ epoch, revision }: Position): Position => ({ epoch, revision });
