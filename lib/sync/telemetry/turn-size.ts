import type { Store } from "@/db/store";

/** How much is taken in one transaction. */
export type TurnBounds = { least: number; most: number };

/**
 * How long a turn is to be at it. An embedded store does nothing else meanwhile, and is never held for 100 ms, even by one that takes twice as
 * long as those before it; of Postgres it has one connection of several.
 */
const HELD_MS = { pglite: 45, postgres: 400 } as const satisfies Record<Store["kind"], number>;
const GROWTH_MAX = 2;

/**
 * The size of the next turn, by how long the last one, of so many rows, held the store: at most twice as large, down at once. A turn
 * that was not full says nothing of larger ones, but that they would be too long.
 */
export function nextTurn(
  size: number,
  last: { rows: number; heldMs: number },
  { kind, least, most }: TurnBounds & Pick<Store, "kind">,
): number {
  const fitting = (Math.max(1, last.rows) * HELD_MS[kind]) / Math.max(1, last.heldMs);
  const wanted = last.rows < size / 2 ? Math.max(size, fitting) : fitting;
  const next = last.heldMs > HELD_MS[kind] ? fitting : wanted;
  return Math.round(Math.min(most, Math.max(least, Math.min(next, size * GROWTH_MAX))));
}
