import { and, eq, isNull } from "drizzle-orm";
import { sessions } from "@/db/schema";
import type { Database } from "@/db/store";
import type { Ids } from "@/lib/platform/ids";
import { addressBlock } from "./address-block";
import { SESSION_LIFE_MS } from "./session-life";

/** How a session began. */
export type SessionOrigin = { method: "password" | "link" | "oidc"; address: string; userAgent: string };

/** Starts a session and answers with its id. A sign-in never continues an older session (ASVS 7.2.4). */
export async function startSession(
  db: Database,
  ids: Ids,
  session: { personId: string; origin: SessionOrigin },
  nowMs: number,
): Promise<string> {
  const id = ids.next("session");
  await db.insert(sessions).values({
    id,
    personId: session.personId,
    createdAt: new Date(nowMs),
    lastSeenAt: new Date(nowMs),
    expiresAt: new Date(nowMs + SESSION_LIFE_MS),
    detail: {
      ...session.origin,
      userAgent: session.origin.userAgent.slice(0, 200),
      block: addressBlock(session.origin.address),
    },
  });
  return id;
}

/** Ends one session; it acts with the next request. Answers whose it was; null if it had ended before. */
export async function endSession(db: Database, sessionId: string, nowMs: number): Promise<string | null> {
  const ended = await db
    .update(sessions)
    .set({ endedAt: new Date(nowMs) })
    .where(and(eq(sessions.id, sessionId), isNull(sessions.endedAt)))
    .returning({ personId: sessions.personId });
  return ended[0]?.personId ?? null;
}

/** Ends every session of a person: on disabling, a new password and a change of role. Answers how many there were. */
export async function endSessionsOf(db: Database, personId: string, nowMs: number): Promise<number> {
  const ended = await db
    .update(sessions)
    .set({ endedAt: new Date(nowMs) })
    .where(and(eq(sessions.personId, personId), isNull(sessions.endedAt)))
    .returning({ id: sessions.id });
  return ended.length;
}
