import { createHash } from "node:crypto";
import { readCookie, sessionCookie } from "@/lib/auth/session-cookie";

/**
 * Whose a session cookie is, as the console's own answers told. It proves nothing and opens nothing: shares are counted by
 * it, and lines of the log name it. Cookies that somebody made up stay nobody's.
 */
export type KnownSessions = {
  find(cookieHeader: string | undefined): string | null;
  /** `personId` is null where the console knew nobody by this cookie. */
  learn(cookieHeader: string | undefined, personId: string | null): void;
};

const SESSIONS_MAX = 10_000;

export function createKnownSessions(baseUrl: string): KnownSessions {
  const { name } = sessionCookie(baseUrl);
  const known = new Map<string, string>();
  const digest = (cookieHeader: string | undefined) => {
    const token = readCookie(cookieHeader, name);
    return token === undefined ? null : createHash("sha256").update(token).digest("base64url");
  };
  return {
    find(cookieHeader) {
      const key = digest(cookieHeader);
      return key === null ? null : (known.get(key) ?? null);
    },
    learn(cookieHeader, personId) {
      const key = digest(cookieHeader);
      if (key === null) return;
      known.delete(key);
      if (personId === null) return;
      known.set(key, personId);
      const [oldest] = known.keys();
      if (known.size > SESSIONS_MAX && oldest !== undefined) known.delete(oldest);
    },
  };
}
