import { and, asc, eq, isNull, lt, ne, or, sql } from "drizzle-orm";
import { type JudgedBundle, judgeBundle } from "@/db/bundles/judge-bundle";
import { moveBundleOut } from "@/db/bundles/move-bundles-out";
import { type NamedBundle, readNamedBundles } from "@/db/bundles/named-bundles";
import { bundles } from "@/db/schema";
import type { LeanContext } from "../context";
import { findUnneeded, removeBundle } from "./remove-bundle";

type TendContext = Pick<LeanContext, "store" | "bundles" | "clock" | "logger">;

const HOUR_MS = 60 * 60 * 1000;
/** What one turn does at most: it runs beside everything else. */
const TURN = { moved: 4, removed: 20, checkedBytes: 64 * 1024 * 1024, checked: 50 } as const;
/** Longer than any submission takes between its first byte and its row. */
const UNNAMED_KEPT_MS = HOUR_MS;
/** A file is read again when this is over; a store with more than its turns can read goes round more slowly. */
const CHECK_EVERY_MS = 20 * HOUR_MS;

/**
 * One turn of keeping bundles' files and rows the same: moves bytes of before out of their rows, removes what nothing
 * needs (withdrawn, refused long ago, or left by a process that was killed), and reads some files again, with their
 * signatures, longest unread first. What it finds changed or missing stands in the row, and in the log once. Answers what it did.
 */
export async function tendBundles(ctx: TendContext): Promise<{ moved: number; removed: number; checked: number }> {
  const store = ctx.store.in("tend");
  const own = { ...ctx, store };
  let moved = 0;
  while (moved < TURN.moved && (await moveBundleOut(store, ctx.bundles))) moved += 1;
  const removed = await removeUnneeded(own);
  return { moved, removed, checked: await checkSome(own) };
}

async function removeUnneeded(ctx: TendContext): Promise<number> {
  const nowMs = ctx.clock.nowMs();
  const before = nowMs - UNNAMED_KEPT_MS;
  let removed = 0;
  for (const sha256 of await findUnneeded(ctx.store.db, nowMs, TURN.removed)) {
    if (await removeBundle(ctx, sha256)) removed += 1;
  }
  const rows = await ctx.store.db.select({ sha256: bundles.sha256 }).from(bundles).where(ne(bundles.state, "removed"));
  const named = new Set(rows.map(({ sha256 }) => sha256));
  let looked = 0;
  for (const sha256 of await ctx.bundles.list()) {
    if (named.has(sha256) || looked >= TURN.removed) continue;
    looked += 1;
    const writtenMs = await ctx.bundles.writtenMs(sha256);
    if (writtenMs !== null && writtenMs < before && (await removeBundle(ctx, sha256))) removed += 1;
  }
  return removed + (await ctx.bundles.removeUnfinished(before));
}

/**
 * Files are read piece by piece, so that whoever else is on this thread waits for none of them. A signature that was
 * changed in one place comes back from the other.
 */
async function checkSome(ctx: TendContext): Promise<number> {
  const rows = await ctx.store.db
    .select({
      sha256: bundles.sha256,
      sizeBytes: bundles.sizeBytes,
      state: bundles.state,
      signature: bundles.signature,
    })
    .from(bundles)
    .where(
      and(
        isNull(bundles.content),
        ne(bundles.state, "removed"),
        or(isNull(bundles.checkedAt), lt(bundles.checkedAt, new Date(ctx.clock.nowMs() - CHECK_EVERY_MS))),
      ),
    )
    .orderBy(sql`${bundles.checkedAt} nulls first`, asc(bundles.sha256))
    .limit(TURN.checked);
  const named = await readNamedBundles(
    ctx.store.db,
    rows.map(({ sha256 }) => sha256),
  );
  let checked = 0;
  let bytes = 0;
  for (const { sha256, sizeBytes, state: before, signature } of rows) {
    if (checked > 0 && bytes + sizeBytes > TURN.checkedBytes) break;
    const naming = named.find((one) => one.sha256 === sha256);
    const { state, signed, faults } = await judgeAndSign(ctx, sha256, naming, before);
    const own = signed === null ? {} : { signature: signed.signature, kid: signed.signer.kid };
    await ctx.store.transaction(({ db }) =>
      db
        .update(bundles)
        .set({ state, checkedAt: new Date(ctx.clock.nowMs()), ...own })
        // One that was sent again meanwhile is looked at another time.
        .where(and(eq(bundles.sha256, sha256), eq(bundles.state, before), eq(bundles.signature, signature))),
    );
    if (state !== before) ctx.logger(state === "kept" ? "info" : "error", "bundle_found", { sha256, state, faults });
    else if (signed !== null && faults.length > 0) ctx.logger("warn", "bundle_signed_again", { sha256, faults });
    checked += 1;
    bytes += sizeBytes;
  }
  return checked;
}

/**
 * What is found of a file, whose signature is mended. One that cannot be read or signed is logged and stays what it was
 * taken for until its next turn: it keeps no other from being looked at.
 */
async function judgeAndSign(
  { store, bundles: files, logger }: TendContext,
  sha256: string,
  naming: NamedBundle | undefined,
  before: JudgedBundle["state"] | "removed",
): Promise<Omit<JudgedBundle, "state"> & { state: JudgedBundle["state"] | "removed" }> {
  try {
    if (naming === undefined) return { state: await files.check(sha256), signed: null, faults: [] };
    const found = await judgeBundle(store.db, files, naming);
    if (found.signed !== null) await files.sign(sha256, found.signed.signature);
    return found;
  } catch (error) {
    logger("error", "bundle_not_looked_at", { sha256, error });
    return { state: before, signed: null, faults: [] };
  }
}
