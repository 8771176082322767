import { and, eq, ne } from "drizzle-orm";
import { clocks } from "@/db/schema";
import type { Store } from "@/db/store";
import type { SigningContext } from "../context";
import { findAnchor, jumpSince, readClock } from "./clock-jump";

/** A jump that grew or shrank by less is the same one. */
const SAME_JUMP_MS = 1_000;

/**
 * Measures this machine's clock against its uptime: the first time within a run of the kernel it is the anchor, later it
 * is noted where it left the anchor, and that it came back. A machine that was switched off begins anew: days are no jump.
 */
export async function measureClock(store: Store, ctx: SigningContext): Promise<void> {
  const { bootId, name: machine } = ctx.machine;
  const now = readClock(ctx);
  const anchor = await findAnchor(store.db, bootId);
  if (anchor === null) {
    const seenAt = new Date(now.wallMs);
    await store.transaction(async ({ db }) => {
      await db
        .insert(clocks)
        .values({ bootId, machine, ...now, seenAt })
        .onConflictDoNothing();
      // What an earlier run awaited is over; a namesake that still runs finds its own again.
      await db
        .update(clocks)
        .set({ jumpMs: null, jumpedAt: null })
        .where(and(eq(clocks.machine, machine), ne(clocks.bootId, bootId)));
    });
    return;
  }
  const jumpMs = jumpSince(anchor, now);
  const isKnown = jumpMs === null ? anchor.jumpMs === null : Math.abs(jumpMs - (anchor.jumpMs ?? 0)) < SAME_JUMP_MS;
  if (isKnown) return;
  const jumpedAt = jumpMs === null ? null : (anchor.jumpedAt ?? new Date(now.wallMs));
  await store.transaction(async ({ db }) => {
    await db.update(clocks).set({ jumpMs, jumpedAt }).where(eq(clocks.bootId, bootId));
  });
  if (jumpMs === null) ctx.logger("info", "clock_right_again", { machine });
  else ctx.logger("error", "clock_jumped", { machine, jumpSeconds: Math.round(jumpMs / 1000) });
}
