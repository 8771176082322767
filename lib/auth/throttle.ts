import { createHash } from "node:crypto";
import { and, count, gt, inArray, lt, max } from "drizzle-orm";
import { signInFailures } from "@/db/schema";
import type { Database } from "@/db/store";
import { AppError } from "@/lib/platform/errors";
import type { Ids } from "@/lib/platform/ids";

const WINDOW_MS = 15 * 60 * 1000;

/** How many failures in 15 minutes each key bears. An attacker elsewhere cannot lock a person out of their own address. */
const FAILURES_MAX = { pair: 5, account: 50, address: 30 } as const;
type KeyKind = keyof typeof FAILURES_MAX;

function keysOf(account: string, address: string): Record<KeyKind, string> {
  const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 32);
  return {
    pair: `pair:${digest(`${account.toLowerCase()}\n${address}`)}`,
    account: `account:${digest(account.toLowerCase())}`,
    address: `address:${digest(address)}`,
  };
}

/** Raises `limit_exceeded` with the seconds to wait while one of the keys has failed too often. */
export async function checkThrottle(db: Database, account: string, address: string, nowMs: number): Promise<void> {
  const keys = keysOf(account, address);
  const rows = await db
    .select({ key: signInFailures.key, failures: count(), lastAt: max(signInFailures.at) })
    .from(signInFailures)
    .where(and(inArray(signInFailures.key, Object.values(keys)), gt(signInFailures.at, new Date(nowMs - WINDOW_MS))))
    .groupBy(signInFailures.key);
  for (const [kind, key] of Object.entries(keys) as [KeyKind, string][]) {
    const row = rows.find((candidate) => candidate.key === key);
    if (row === undefined || row.failures < FAILURES_MAX[kind]) continue;
    const waitMs = (row.lastAt?.getTime() ?? nowMs) + WINDOW_MS - nowMs;
    throw new AppError("limit_exceeded", "Too many failed sign-ins. Wait before the next try.", {
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
    });
  }
}

/** Remembers one failure, and forgets those that no longer count. */
export async function recordFailure(
  db: Database,
  ids: Ids,
  account: string,
  address: string,
  nowMs: number,
): Promise<void> {
  await db.delete(signInFailures).where(lt(signInFailures.at, new Date(nowMs - WINDOW_MS)));
  const at = new Date(nowMs);
  await db
    .insert(signInFailures)
    .values(Object.values(keysOf(account, address)).map((key) => ({ id: ids.next("event"), key, at })));
}
