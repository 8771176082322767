import { failedByRows, setRowAside } from "@/db/figures/rows-aside";
import type { Store } from "@/db/store";
import type { FoldContext } from "./fold-lock";
import type { MinuteRow } from "./held-minute";

/** Work that failed by what one of its increments is, whichever: fewer at once find it. Nothing of it was done. */
export class RowsFailed extends Error {}

/**
 * Works on increments, of which one that fails by itself, by what it is, is put aside as it stands and told in the log: "aside".
 * With others it raises `RowsFailed`. Whatever else the work fails with is raised as it is, and where too many stand
 * aside this is too.
 */
export async function foldAroundRows<T>(
  store: Store,
  ctx: FoldContext,
  rows: readonly [MinuteRow, ...MinuteRow[]],
  work: () => Promise<T>,
): Promise<T | "aside"> {
  const [first, ...others] = rows;
  const found = await tryOnRows(work);
  if (!("failed" in found)) return found.done;
  if (others.length > 0) {
    throw new RowsFailed(`${rows.length} increments are not folded together`, { cause: found.failed });
  }
  // Once more: what failed by the moment would be taken from all charts.
  const again = await tryOnRows(work);
  if (!("failed" in again)) return again.done;
  return await setAside(store, ctx, first, again.failed);
}

async function tryOnRows<T>(work: () => Promise<T>): Promise<{ done: T } | { failed: unknown }> {
  try {
    return { done: await work() };
  } catch (error) {
    if (!failedByRows(error)) throw error;
    return { failed: error };
  }
}

async function setAside(store: Store, ctx: FoldContext, row: MinuteRow, error: unknown): Promise<"aside"> {
  const { id, deviceId, appId, at } = row;
  const told = { at: new Date(ctx.clock.nowMs()), error };
  const became = await store.transaction((tx) => setRowAside(tx, row, told));
  if (became === "full") throw error;
  if (became === "aside")
    ctx.logger("error", "increment_set_aside", { id, deviceId, appId, at: at.toISOString(), error });
  return "aside";
}
