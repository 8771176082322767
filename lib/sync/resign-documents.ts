import type { Store } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import { awaitedJump } from "./clock/clock-jump";
import { nowSeconds, type SigningContext } from "./context";
import { currentKeyset } from "./current-keyset";
import { isSignable, readDueDocuments } from "./documents/due-documents";
import { lockPlatform } from "./lock-platform";
import { type Published, publishDocuments } from "./publish-documents";

/**
 * Signs again whatever is due, behind the lock of the platform row, so that of several processes one does it. The
 * decision behind a document stays the one that it had (spec §4). Null where nothing was due, there is no keyset, or a
 * jump of this machine's clock awaits a confirmation. A program of which something cannot be read keeps what it has, and
 * the log says so.
 */
export async function resignDocuments(store: Store, ctx: SigningContext): Promise<Published | null> {
  if ((await awaitedJump(store.db, ctx)) !== null) return null;
  const keyset = await currentKeyset(store.db);
  // Looked at without the lock first: nearly always there is nothing to do.
  if (keyset === null) return null;
  const seen = await readDueDocuments(store.db, keyset.claims, nowSeconds(ctx.clock));
  if (seen === null) return null;
  if (seen.unread.length > 0) {
    ctx.logger("error", "member_unreadable", { members: seen.unread.map(({ key }) => key) });
  }
  if (!isSignable(seen)) return null;
  return await store.transaction(async (tx) => {
    await lockPlatform(tx);
    const trusted = await currentKeyset(tx.db);
    const due = trusted === null ? null : await readDueDocuments(tx.db, trusted.claims, nowSeconds(ctx.clock));
    if (due === null || !isSignable(due)) return null;
    await appendAudit(tx, ctx, {
      actor: { kind: "system", name: "policy service" },
      action: "document.resign",
      subject: "documents",
      after: { programs: due.appIds.length },
    });
    return await publishDocuments(tx, ctx, { appIds: due.appIds, platform: true, changeSetId: null, narrows: false });
  });
}
