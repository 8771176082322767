import { and, desc, eq, inArray } from "drizzle-orm";
import { type BUNDLE_STATES, bundles, changeSets, changes, publisherKeys, publishers, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import type { VersionView } from "@/lib/contracts/programs";
import { type ChangeSetFacts, judgeVerb } from "@/lib/domain/change-set-lifecycle";
import { formatMember } from "@/lib/domain/member-keys";
import type { Actor } from "@/lib/domain/roles";
import { findCapability } from "@/native/core/decide/catalog";
import { factsOf } from "../change-sets/change-set-facts";
import { withChanges } from "../change-sets/change-set-rows";
import { REFUSAL_TEXT } from "../change-sets/require-verb";
import type { ServiceContext } from "../context";
import { countDevicesByVersion } from "../measures/read-measures";
import { requirePermission } from "../require-permission";
import { loadProgram } from "./get-program";
import { readWishes } from "./read-wishes";

const VERSIONS_MAX = 100;

type VersionRow = typeof versions.$inferSelect;

/**
 * A program's versions, newest first, each with what was attested when it was handed in and how its file was found last.
 * Reads no bundle.
 */
export async function listVersions(
  context: ServiceContext,
  actor: Actor,
  appId: string,
): Promise<{ items: VersionView[] }> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  await loadProgram(db, appId);
  const found = await db
    .select({ version: versions, bundle: attestation })
    .from(versions)
    .leftJoin(bundles, eq(bundles.sha256, versions.sha256))
    .where(eq(versions.appId, appId))
    .orderBy(desc(versions.code), desc(versions.submittedAt))
    .limit(VERSIONS_MAX);
  const rows = found.map(({ version }) => version);
  const kids = [...new Set(rows.map((row) => row.kid))];
  const keys = await readKeys(db, kids);
  const devices = await countDevicesByVersion(db, appId, context.clock.nowMs());
  const decided = await judgeWaiting(context, actor, rows);
  const items = found.map(({ version: row, bundle }): VersionView => {
    // A code that was given free may be another version's by now, and devices tell of codes.
    const isFreed = row.listedAt === null && (row.state === "refused" || row.state === "withdrawn");
    return {
      ...toView(row),
      keyStatus: keys.get(row.kid)?.keyStatus ?? "unknown",
      keyOf: keys.get(row.kid)?.keyOf ?? null,
      ...attestedOf(bundle),
      ...((row.state === "submitted" ? decided.get(row.code) : undefined) ?? UNBLOCKED),
      devices24h: isFreed ? 0 : (devices.get(row.code) ?? 0),
    };
  });
  return { items };
}

/** Keys by their id, each with whose it is. */
async function readKeys(db: Database, kids: string[]) {
  if (kids.length === 0) return new Map<string, Pick<VersionView, "keyStatus" | "keyOf">>();
  const rows = await db
    .select({ key: publisherKeys, publisherName: publishers.name })
    .from(publisherKeys)
    .innerJoin(publishers, eq(publishers.id, publisherKeys.publisherId))
    .where(inArray(publisherKeys.kid, kids));
  return new Map(
    rows.map(({ key, publisherName }): [string, Pick<VersionView, "keyStatus" | "keyOf">] => {
      const keyOf = { publisherId: key.publisherId, publisherName, madeAt: key.createdAt.toISOString() };
      return [key.kid, { keyStatus: key.status, keyOf }];
    }),
  );
}

type Blocks = Pick<VersionView, "blockedBy" | "refusalBlockedBy">;
const UNBLOCKED: Blocks = { blockedBy: null, refusalBlockedBy: null };
type Attested = Pick<VersionView, "signature" | "verifiedAt" | "checkedAt" | "entries" | "unpackedBytes">;

function toView(
  row: VersionRow,
): Omit<VersionView, "keyStatus" | "keyOf" | "devices24h" | keyof Attested | keyof Blocks> {
  const wishes = readWishes(row.manifest);
  return {
    code: row.code,
    name: row.name,
    state: row.state,
    engine: row.engine,
    sha256: row.sha256,
    sizeBytes: row.sizeBytes,
    kid: row.kid,
    declares: row.declares.map((capability) => ({
      capability,
      sensitivity: findCapability(capability)?.sensitivity ?? "restricted",
      reason: wishes.reasons.get(capability) ?? "",
    })),
    wishes: { hosts: wishes.hosts.map(({ isOptional: _, ...host }) => host), limits: wishes.limits },
    submissionId: row.submissionId,
    submittedAt: row.submittedAt.toISOString(),
    listedAt: row.listedAt?.toISOString() ?? null,
    comment: row.comment,
  };
}

/** Why this actor may not list or refuse the versions that wait, by code. */
async function judgeWaiting(context: ServiceContext, actor: Actor, rows: VersionRow[]): Promise<Map<number, Blocks>> {
  const { db } = context.store;
  const waiting = rows.filter(({ state }) => state === "submitted");
  if (waiting.length === 0 || actor.kind !== "person") return new Map();
  const keyOf = ({ appId, code }: VersionRow) => formatMember({ kind: "version", appId, code });
  const proposed = await db
    .select({ set: changeSets })
    .from(changes)
    .innerJoin(changeSets, eq(changeSets.id, changes.changeSetId))
    .where(and(inArray(changes.member, waiting.map(keyOf)), eq(changeSets.state, "proposed")));
  const sets = await withChanges(
    db,
    proposed.map(({ set }) => set),
  );
  const nowMs = context.clock.nowMs();
  const facts = await factsOf(db, sets, nowMs);
  const why = (verb: "approve" | "refuse", own: ChangeSetFacts) => {
    const answer = judgeVerb(verb, own, actor, nowMs);
    return answer.ok ? null : REFUSAL_TEXT[answer.refusal];
  };
  const answers = waiting.flatMap((row): [number, Blocks][] => {
    const own = facts.find((_, index) => sets[index]?.changes.some(({ member }) => member === keyOf(row)));
    if (own === undefined) return [];
    return [[row.code, { blockedBy: why("approve", own), refusalBlockedBy: why("refuse", own) }]];
  });
  return new Map(answers);
}

const attestation = {
  state: bundles.state,
  verifiedAt: bundles.verifiedAt,
  checkedAt: bundles.checkedAt,
  entries: bundles.entries,
  unpackedBytes: bundles.unpackedBytes,
};

const SIGNATURES = {
  kept: "valid",
  missing: "bytes_missing",
  changed: "invalid",
  removed: "bytes_removed",
} as const satisfies Record<(typeof BUNDLE_STATES)[number], VersionView["signature"]>;

/** What the row says of the bundle: verified once, by the key that the version names, and its file held against it since. */
function attestedOf(bundle: Pick<typeof bundles.$inferSelect, keyof typeof attestation> | null): Attested {
  const { verifiedAt = null, checkedAt = null, entries = null, unpackedBytes = null } = bundle ?? {};
  const signature = bundle === null ? "bytes_missing" : SIGNATURES[bundle.state];
  return {
    signature,
    verifiedAt: verifiedAt?.toISOString() ?? null,
    checkedAt: checkedAt?.toISOString() ?? null,
    entries,
    unpackedBytes,
  };
}
