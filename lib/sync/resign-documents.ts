import { lockPlatform } from "@/db/lock-platform";
import { newestPosition, type StoredDocument } from "@/db/newest-document";
import type { Store, Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import { awaitedJump } from "./clock/clock-jump";
import { nowSeconds, type SigningContext } from "./context";
import { isBehind } from "./continuity/continuity-state";
import { isPlatformDue, readDueDocuments } from "./documents/due-documents";
import { PROGRAMS_AT_ONCE, storeDocuments } from "./documents/issue-document";
import { notOvertaken, prepareDue } from "./documents/sign-programs";
import { announcedDocuments, type Published, publishDocuments } from "./publish-documents";

type Round = { published: Published | null; isOvertaken: boolean };

/**
 * Signs again whatever is due: programs' documents first, at most 50 in a transaction and with the lock of the platform
 * row free between two, so that a suspension in between goes out at once and of several processes each document is signed
 * by one; the platform document last, which begins a new epoch (spec 4.40). A process that is killed in between leaves
 * what it has signed, and the next turn goes on. The decision behind a document stays the one that it had (spec §4). Null where
 * nothing was signed, there is no keyset, documents wait for a person, or a jump of this machine's clock awaits a
 * confirmation. A program of which something cannot be read keeps what it has, and the log says so.
 */
export async function resignDocuments(store: Store, ctx: SigningContext): Promise<Published | null> {
  for (;;) {
    const { published, isOvertaken } = await signDue(store.in("decide"), ctx);
    if (!isOvertaken) return published;
  }
}

/** How often a program's document is signed in one round, where it is written to each time. */
const TRIES_MAX = 4;
const nothing: Round = { published: null, isOvertaken: false };
const overtaken: Round = { published: null, isOvertaken: true };

/** One round by one keyset; overtaken where another one took its place, or documents wait for a person since. */
async function signDue(store: Store, ctx: SigningContext): Promise<Round> {
  if ((await awaitedJump(store.db, ctx)) !== null) return nothing;
  const keyset = await ctx.keysets.newest(store.db);
  // Looked at without the lock first: nearly always there is nothing to do.
  if (keyset === null) return nothing;
  const due = await readDueDocuments(store.db, keyset, nowSeconds(ctx.clock));
  if (due === null) return nothing;
  const signed: StoredDocument[] = [];
  let waiting = due.appIds;
  // What was written to while its document was signed is signed once more, before an epoch begins without it.
  for (let tries = 0; tries < TRIES_MAX && waiting.length > 0; tries += 1) {
    const written: string[] = [];
    for (let from = 0; from < waiting.length; from += PROGRAMS_AT_ONCE) {
      const part = waiting.slice(from, from + PROGRAMS_AT_ONCE);
      const left = waiting.length - from - part.length;
      const prepared = await prepareDue(store.db, ctx, keyset, part);
      if (prepared.length === 0) continue;
      const stored = await store.transaction(async (tx) => {
        // The lock first: a transaction's statements run in the order in which they are asked.
        const [, isStillCurrent, kept] = await Promise.all([
          lockPlatform(tx),
          isCurrent(tx, ctx, keyset),
          notOvertaken(tx, prepared),
        ]);
        return isStillCurrent ? await storePart(tx, ctx, kept, left) : null;
      });
      if (stored === null) return overtaken;
      signed.push(...stored);
      const kept = new Set(stored.map(({ appId }) => appId));
      written.push(...prepared.map(({ document }) => document.appId).filter((appId) => !kept.has(appId)));
    }
    waiting = written;
  }
  return await store.transaction(async (tx) => {
    await lockPlatform(tx);
    if (!(await isCurrent(tx, ctx, keyset))) return overtaken;
    if (signed.length === 0 && !(await isPlatformDue(tx.db, keyset, nowSeconds(ctx.clock)))) return nothing;
    await auditPart(tx, ctx, [], 0);
    const options = { appIds: [], platform: true, changeSetId: null, narrows: false, isLast: true } as const;
    const { platform } = await publishDocuments(tx, ctx, options);
    const programs = signed.map(({ appId, revision }) => ({ appId, revision }));
    return { published: { platform, programs }, isOvertaken: false };
  });
}

/** Whether this is still the keyset to sign by, and nothing waits for a person since. */
async function isCurrent(tx: Transaction, ctx: SigningContext, { revision }: KeysetClaims): Promise<boolean> {
  if (await isBehind(tx.db)) return false;
  return (await ctx.keysets.newest(tx.db))?.revision === revision;
}

/** The log names what was signed (spec 8.10), and how many programs are still to come. */
async function auditPart(
  tx: Transaction,
  ctx: SigningContext,
  signed: readonly StoredDocument[],
  left: number,
): Promise<void> {
  const programs = signed.map(({ appId, epoch, revision, sha256 }) => ({ appId, epoch, revision, sha256 }));
  await appendAudit(tx, ctx, {
    actor: { kind: "system", name: "policy service" },
    action: "document.resign",
    subject: "documents",
    after: { programs, left },
  });
}

/** Tells of what can be fetched: documents of an epoch that has not begun cannot. */
async function storePart(
  tx: Transaction,
  ctx: SigningContext,
  kept: readonly StoredDocument[],
  left: number,
): Promise<readonly StoredDocument[]> {
  if (kept.length === 0) return kept;
  const [platform] = await Promise.all([
    newestPosition(tx.db, "platform", ""),
    storeDocuments(tx, kept),
    auditPart(tx, ctx, kept, left),
  ]);
  const offered = kept.filter(({ epoch }) => epoch === platform?.epoch);
  if (offered.length > 0) tx.announce({ topic: "documents", documents: announcedDocuments(offered), pace: "calm" });
  return kept;
}
