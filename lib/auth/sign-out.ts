import { appendAudit } from "@/lib/audit/append-audit";
import type { AuthContext } from "./context";
import type { PersonActor } from "./session-reader";
import { endSession, endSessionsOf } from "./sessions";

type SignOutContext = Pick<AuthContext, "store" | "clock" | "ids">;

/** Ends the session that asks, in the store: a copied cookie is worthless after it. Audited. */
export async function signOut(context: SignOutContext, actor: PersonActor): Promise<void> {
  await context.store.transaction(async (tx) => {
    await endSession(tx.db, actor.sessionId, context.clock.nowMs());
    await appendAudit(tx, context, { actor, action: "session.signOut", subject: `person:${actor.personId}` });
    tx.announce({ topic: "sessions" });
  });
}

/** Ends every session of the person who asks, the one that asks too. Audited with how many there were. */
export async function signOutEverywhere(context: SignOutContext, actor: PersonActor): Promise<void> {
  await context.store.transaction(async (tx) => {
    const count = await endSessionsOf(tx.db, actor.personId, context.clock.nowMs());
    await appendAudit(tx, context, {
      actor,
      action: "session.signOut",
      subject: `person:${actor.personId}`,
      after: { everywhere: true, sessions: count },
    });
    tx.announce({ topic: "sessions" });
  });
}
