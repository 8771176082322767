import { eq, sql } from "drizzle-orm";
import { holdsPlatform } from "@/db/lock-platform";
import { auditEntries, auditHead, platform } from "@/db/schema";
import type { Transaction } from "@/db/store";
import type { Actor } from "@/lib/domain/roles";
import type { Clock } from "@/lib/platform/clock";
import { invariant } from "@/lib/platform/errors";
import type { Ids } from "@/lib/platform/ids";
import { type AuditHead, auditEntrySha256, CHAIN_START } from "@/native/core/audit/verify-chain";
import type { AuditAction } from "./actions";
import { nodeDigest } from "./audit-entry";
import { auditText, auditValue } from "./audit-value";

export type AuditInput = {
  actor: Actor;
  action: AuditAction;
  /** What was acted on: a member's key, `person:…`, `device:…`. */
  subject: string;
  appId?: string | null;
  changeSetId?: string | null;
  reason?: string | null;
  before?: unknown;
  after?: unknown;
  requestId?: string | null;
};

const textOrNull = (text: string | null | undefined) => (text === undefined || text === null ? null : auditText(text));

/**
 * Appends one entry to the hash chain, in the transaction of what it tells of: either both are kept or neither. Secrets
 * are left out. Entries of concurrent transactions wait for each other, the `platform` row first, as every publish
 * does, so that two of them cannot wait in a circle. Answers with the new end of the chain.
 */
export function appendAudit(
  tx: Transaction,
  context: { clock: Clock; ids: Ids },
  entry: AuditInput,
): Promise<AuditHead> {
  const appended = appendAfter(tx, context, entry, lockAuditEnd(tx));
  ends.set(tx, appended);
  return appended;
}

/**
 * Asks where the chain ends, and keeps it there for this transaction, so that an entry of it that is appended later waits
 * for nothing: a publish asks so with the first things that it writes.
 */
export function lockAuditEnd(tx: Transaction): Promise<AuditHead> {
  const known = ends.get(tx) ?? lockEnd(tx);
  ends.set(tx, known);
  return known;
}

async function appendAfter(
  tx: Transaction,
  context: { clock: Clock; ids: Ids },
  entry: AuditInput,
  before: Promise<AuditHead>,
): Promise<AuditHead> {
  const head = await before;
  const at = new Date(context.clock.nowMs());
  const line = {
    sequence: head.sequence + 1,
    id: context.ids.next("audit"),
    at: at.toISOString(),
    actor: auditActor(entry.actor),
    action: entry.action,
    subject: auditText(entry.subject),
    appId: textOrNull(entry.appId),
    changeSetId: textOrNull(entry.changeSetId),
    reason: textOrNull(entry.reason),
    before: auditValue(entry.before),
    after: auditValue(entry.after),
    requestId: textOrNull(entry.requestId),
    previousSha256: head.sha256,
  };
  const sha256 = await auditEntrySha256(line, nodeDigest);
  await Promise.all([
    tx.db.insert(auditEntries).values({ ...line, at, sha256 }),
    tx.db.update(auditHead).set({ sequence: line.sequence, sha256 }).where(sql`${auditHead.id} = 1`),
  ]);
  tx.announce({ topic: "audit" });
  return { sequence: line.sequence, sha256 };
}

/** Where the chain ends for a transaction that appends to it, one entry after the other: nobody else can, until that one ends. */
const ends = new WeakMap<Transaction, Promise<AuditHead>>();

async function lockEnd(tx: Transaction): Promise<AuditHead> {
  const lockHead = () => tx.db.select().from(auditHead).where(eq(auditHead.id, 1)).for("update");
  // A transaction's statements run in the order in which they are asked; what need not wait for an answer is asked at once.
  const [, [head]] = await Promise.all([
    holdsPlatform(tx)
      ? undefined
      : tx.db.select({ id: platform.id }).from(platform).where(eq(platform.id, 1)).for("update"),
    lockHead(),
  ]);
  if (head !== undefined) return head;
  const [, [first]] = await Promise.all([
    tx.db.insert(auditHead).values({ id: 1, sequence: 0, sha256: CHAIN_START }).onConflictDoNothing(),
    lockHead(),
  ]);
  invariant(first !== undefined, "the audit head was inserted just above");
  return first;
}

/** Who acted, as the log keeps it: enough to be read when the person is long gone. */
function auditActor(actor: Actor): Record<string, unknown> {
  switch (actor.kind) {
    case "person": {
      const { kind, personId, name, email, role, publisherId } = actor;
      return { kind, id: personId, name: auditText(name), email: auditText(email), role, publisherId };
    }
    case "publisher":
      return {
        kind: actor.kind,
        id: actor.publisherId,
        name: actor.publisherId,
        tokenId: actor.tokenId,
        personId: actor.personId,
      };
    case "device":
      return { kind: actor.kind, id: actor.deviceId, name: actor.deviceId };
    case "system":
      return { kind: actor.kind, id: null, name: auditText(actor.name) };
  }
}
