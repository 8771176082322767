import { eq } from "drizzle-orm";
import { people } from "@/db/schema";
import { appendAudit } from "@/lib/audit/append-audit";
import { createLink } from "@/lib/auth/links";
import { maySignIn } from "@/lib/auth/may-sign-in";
import { endSession } from "@/lib/auth/sessions";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";

/**
 * In a development store alone: a one-time token by which the browser signs in as another person; the session that asks
 * ends. Raises `not_found` everywhere else, as if this verb did not exist, and for a person who is not active.
 */
export async function switchPerson(
  context: ServiceContext,
  actor: Actor,
  personId: string,
): Promise<{ token: string }> {
  const nowhere = new AppError("not_found", "There is nothing here.");
  if (!context.config.isDevelopmentStore || actor.kind !== "person") throw nowhere;
  return context.store.transaction(async (tx) => {
    const [person] = await tx.db.select().from(people).where(eq(people.id, personId)).limit(1);
    if (person === undefined || !maySignIn(person)) throw nowhere;
    const nowMs = context.clock.nowMs();
    await endSession(tx.db, actor.sessionId, nowMs);
    await appendAudit(tx, context, { actor, action: "session.switch", subject: `person:${personId}` });
    tx.announce({ topic: "sessions" });
    const { token } = await createLink(tx.db, { purpose: "development", personId }, nowMs);
    return { token };
  });
}
