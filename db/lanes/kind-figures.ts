import type { StoreFigures } from "../store";

/** Kinds of jobs that are told apart; what comes beyond them is counted together. */
const KINDS_MAX = 200;

/** How often each kind of job had its turn, and the longest one. */
export type KindFigures = {
  record(kind: string, ms: number): void;
  /** Those that took longest, longest first. */
  jobs(): StoreFigures["jobs"];
};

export function createKindFigures(): KindFigures {
  const kinds = new Map<string, { turns: number; longestMs: number }>();
  return {
    record(kind, ms) {
      const name = kinds.has(kind) || kinds.size < KINDS_MAX ? kind : "other";
      const known = kinds.get(name) ?? { turns: 0, longestMs: 0 };
      kinds.set(name, { turns: known.turns + 1, longestMs: Math.max(known.longestMs, ms) });
    },
    jobs: () =>
      [...kinds]
        .map(([kind, { turns, longestMs }]) => ({ kind, turns, longestMs: Math.round(longestMs) }))
        .sort((a, b) => b.longestMs - a.longestMs),
  };
}
