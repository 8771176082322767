import { eq } from "drizzle-orm";
import { decode } from "next-auth/jwt";
import { people, sessions } from "@/db/schema";
import type { Store } from "@/db/store";
import type { Actor } from "@/lib/domain/roles";
import type { Logger } from "@/lib/platform/logger";
import { maySignIn } from "./may-sign-in";
import { readCookie, sessionCookie } from "./session-cookie";
import { isSessionLive, SESSION_TOUCH_MS } from "./session-life";

export type PersonActor = Extract<Actor, { kind: "person" }>;

export type SessionReaderContext = {
  store: Pick<Store, "db" | "transaction">;
  clock: { nowMs(): number };
  logger: Logger;
  config: { baseUrl: string; authSecret: string };
};

/**
 * Who is signed in, by the `Cookie` header of a request. The cookie only carries our session's id: session, person and
 * role are read anew each time, so that sign-out, disabling, a lock and a change of role act at once. Null for anybody else.
 */
export async function readSession(
  context: SessionReaderContext,
  cookieHeader: string | null | undefined,
): Promise<PersonActor | null> {
  const sessionId = await readSessionId(context, cookieHeader);
  if (sessionId === null) return null;
  const [row] = await context.store.db
    .select({ session: sessions, person: people })
    .from(sessions)
    .innerJoin(people, eq(people.id, sessions.personId))
    .where(eq(sessions.id, sessionId))
    .limit(1);
  const nowMs = context.clock.nowMs();
  if (row === undefined || !maySignIn(row.person) || !isSessionLive(row.session, nowMs)) return null;
  if (nowMs - row.session.lastSeenAt.getTime() > SESSION_TOUCH_MS) touch(context, sessionId, nowMs);
  const { id, name, email, role, publisherId } = row.person;
  return { kind: "person", personId: id, name, email, role, publisherId, sessionId };
}

/** The session id that the cookie carries, whether or not that session still lives. */
export async function readSessionId(
  context: { config: { baseUrl: string; authSecret: string } },
  cookieHeader: string | null | undefined,
): Promise<string | null> {
  const { name } = sessionCookie(context.config.baseUrl);
  const token = readCookie(cookieHeader, name);
  if (token === undefined || token.length > 4096) return null;
  try {
    const claims = await decode({ token, secret: context.config.authSecret, salt: name });
    return typeof claims?.sid === "string" ? claims.sid : null;
  } catch {
    // A cookie that was not made with our secret is nobody's; next-auth raises for it, and that is all it says.
    return null;
  }
}

function touch(context: SessionReaderContext, sessionId: string, nowMs: number): void {
  context.store
    .transaction(async ({ db }) => {
      await db
        .update(sessions)
        .set({ lastSeenAt: new Date(nowMs) })
        .where(eq(sessions.id, sessionId));
    })
    .catch((cause: unknown) => context.logger("warn", "session.touch_failed", { cause }));
}
