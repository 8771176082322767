import { isNotNull } from "drizzle-orm";
import { newestIssue } from "@/db/newest-document";
import { clocks } from "@/db/schema";
import type { Database } from "@/db/store";
import { nowSeconds, type SigningContext } from "../context";
import { type ClockAnchor, findAnchor, jumpSince, readClock } from "./clock-jump";
import { clockWarning } from "./clock-warning";

/** Whether this machine's clock is believed, for readiness and for people. */
export type ClockState = {
  machine: string;
  bootId: string;
  /** By how much the clock left the uptime, unconfirmed; null where it did not. Widening and re-signing wait for it. */
  jumpMs: number | null;
  /** Behind the newest document: told, and nothing waits. */
  warning: string | null;
  anchor: ClockAnchor | null;
  /** Every machine whose jump was measured and awaits a confirmation, this one included. */
  awaiting: ClockAnchor[];
};

export async function clockState(db: Database, ctx: Pick<SigningContext, "clock" | "machine">): Promise<ClockState> {
  const { bootId, name: machine } = ctx.machine;
  const anchor = await findAnchor(db, bootId);
  return {
    machine,
    bootId,
    jumpMs: anchor === null ? null : jumpSince(anchor, readClock(ctx)),
    warning: clockWarning(await newestIssue(db, "platform", ""), nowSeconds(ctx.clock)),
    anchor,
    awaiting: await db.select().from(clocks).where(isNotNull(clocks.jumpMs)).orderBy(clocks.machine, clocks.bootId),
  };
}

/** What is wrong and what to do, in words; null where nothing waits. */
export function clockFault({ machine, jumpMs }: Pick<ClockState, "machine" | "jumpMs">): {
  says: string;
  remedy: string;
} | null {
  if (jumpMs === null) return null;
  const minutes = Math.round(Math.abs(jumpMs) / 60_000);
  return {
    says: `The clock of ${machine} jumped ${minutes} minutes ${jumpMs > 0 ? "ahead" : "back"} while it ran. Whatever allows more waits, and so does renewing documents; suspending and narrowing go on.`,
    remedy:
      "Set the clock right, by NTP for example, and the wait ends by itself; or, if it is right now, an admin or operator confirms it in the console under Readiness.",
  };
}
