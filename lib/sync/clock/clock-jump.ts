import { eq } from "drizzle-orm";
import { clocks } from "@/db/schema";
import type { Database } from "@/db/store";
import type { SigningContext } from "../context";

export type ClockAnchor = typeof clocks.$inferSelect;
/** Where wall clock and uptime of a machine stand at one moment, in milliseconds. */
export type ClockReading = { wallMs: number; uptimeMs: number };

/** By how much the wall clock may leave the uptime within one run of a kernel, in milliseconds. */
export const CLOCK_JUMP_MS_MAX = 300_000;

/** By how much the wall clock went further than the uptime since the anchor; null within the plausible. Pure. */
export function jumpSince(anchor: ClockReading, now: ClockReading): number | null {
  const jumpMs = now.wallMs - anchor.wallMs - (now.uptimeMs - anchor.uptimeMs);
  return Math.abs(jumpMs) > CLOCK_JUMP_MS_MAX ? jumpMs : null;
}

export function readClock({ clock, machine }: Pick<SigningContext, "clock" | "machine">): ClockReading {
  return { wallMs: clock.nowMs(), uptimeMs: machine.uptimeMs() };
}

/** This run of this machine's kernel; null before it was first measured. */
export async function findAnchor(db: Database, bootId: string): Promise<ClockAnchor | null> {
  const [row] = await db.select().from(clocks).where(eq(clocks.bootId, bootId));
  return row ?? null;
}

/**
 * The jump of this machine's clock that nobody has confirmed, as it is at this moment; null where there is none. A clock
 * that was put right again is none, and another machine's jump is its own.
 */
export async function awaitedJump(
  db: Database,
  ctx: Pick<SigningContext, "clock" | "machine">,
): Promise<number | null> {
  const anchor = await findAnchor(db, ctx.machine.bootId);
  return anchor === null ? null : jumpSince(anchor, readClock(ctx));
}
