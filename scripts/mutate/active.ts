import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What woven files ask while they run: the mutant of this run stands in a file, because every test has its own process. */
const folder = process.env.BULKHEAD_MUTANTS;
const active = folder === undefined ? "" : readFileSync(join(folder, "active"), "utf8");

/** In place of a mutant's id: none is active, and which places are reached is kept. */
export const RECORD = "record";
/** In place of a mutant's id: none is active, and nothing is kept. */
export const NOTHING = "nothing";
/** Held by the process, because a test and what it tests may each have a copy of this file. */
const HELD = Symbol.for("bulkhead.mutants.reached");
const held = globalThis as { [HELD]?: Set<string> };
held[HELD] ??= new Set();
const reached = held[HELD];

/** @public Whether this is the mutant of this run; called by woven text alone. */
export const isFaulty: (id: string) => boolean =
  active === RECORD
    ? (id) => {
        reached.add(id);
        return false;
      }
    : (id) => id === active;

/** The places reached since the last time, where they are kept. */
export function takeReached(): string[] {
  const ids = [...reached];
  reached.clear();
  return ids;
}

export const isRecording = active === RECORD;
