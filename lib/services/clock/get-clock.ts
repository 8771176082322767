import { eq } from "drizzle-orm";
import { people } from "@/db/schema";
import type { Database } from "@/db/store";
import type { ClockView } from "@/lib/contracts/clock";
import type { Actor } from "@/lib/domain/roles";
import { clockFault, clockState } from "@/lib/sync/clock/clock-state";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";

/** Whether the clock of this machine is believed, and which machines' clocks await a confirmation. */
export async function getClock(context: ServiceContext, actor: Actor): Promise<ClockView> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  const state = await clockState(db, context);
  const fault = clockFault(state);
  const own =
    state.jumpMs === null
      ? []
      : [{ machine: state.machine, bootId: state.bootId, jumpMs: state.jumpMs, jumpedAt: null }];
  const measured = state.awaiting.filter(({ bootId }) => bootId !== state.bootId || state.jumpMs !== null);
  const isMeasured = measured.some(({ bootId }) => bootId === state.bootId);
  return {
    now: new Date(context.clock.nowMs()).toISOString(),
    machine: state.machine,
    bootId: state.bootId,
    isWaiting: state.jumpMs !== null,
    says: fault?.says ?? null,
    remedy: fault?.remedy ?? null,
    warning: state.warning,
    confirmedAt: state.anchor?.confirmedAt?.toISOString() ?? null,
    confirmedBy: await personRef(db, state.anchor?.confirmedBy ?? null),
    awaiting: [...(isMeasured ? [] : own), ...measured].map(({ machine, bootId, jumpMs, jumpedAt }) => ({
      machine,
      bootId,
      jumpSeconds: Math.round((jumpMs ?? 0) / 1000),
      since: jumpedAt?.toISOString() ?? null,
    })),
  };
}

async function personRef(db: Database, id: string | null): Promise<ClockView["confirmedBy"]> {
  if (id === null) return null;
  const [person] = await db.select({ name: people.name }).from(people).where(eq(people.id, id));
  return { id, name: person?.name ?? id };
}
