import { and, desc, eq, gt, inArray } from "drizzle-orm";
import { countedMinutes } from "@/db/counted";
import { bundles, changeSets, changes, publisherKeys, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { countDistinct } from "@/db/sums";
import type { VersionView } from "@/lib/contracts/programs";
import { judgeVerb } from "@/lib/domain/change-set-lifecycle";
import { formatMember } from "@/lib/domain/member-keys";
import type { Actor } from "@/lib/domain/roles";
import { p1363FromDer } from "@/native/core/crypto/der";
import { toHex } from "@/native/core/crypto/encoding";
import { findCapability } from "@/native/core/decide/catalog";
import type { PublicJwk } from "@/native/core/shapes/claims";
import { backgroundCrypto } from "@/native/node/crypto";
import { factsOf } from "../change-sets/change-set-facts";
import { withChanges } from "../change-sets/change-set-rows";
import { REFUSAL_TEXT } from "../change-sets/require-verb";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { loadProgram } from "./get-program";
import { readWishes } from "./read-wishes";

const DAY_MS = 24 * 60 * 60 * 1000;
const VERSIONS_MAX = 100;

type VersionRow = typeof versions.$inferSelect;

/** A program's versions, newest first, each with its attestation checked now over the stored bytes. */
export async function listVersions(
  context: ServiceContext,
  actor: Actor,
  appId: string,
): Promise<{ items: VersionView[] }> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  await loadProgram(db, appId);
  const rows = await db
    .select()
    .from(versions)
    .where(eq(versions.appId, appId))
    .orderBy(desc(versions.code))
    .limit(VERSIONS_MAX);
  const kids = [...new Set(rows.map((row) => row.kid))];
  const keys = kids.length === 0 ? [] : await db.select().from(publisherKeys).where(inArray(publisherKeys.kid, kids));
  const devices = await devicesByVersion(db, appId, new Date(context.clock.nowMs() - DAY_MS));
  const blocked = await whyNotListed(context, actor, rows);
  const items: VersionView[] = [];
  for (const row of rows) {
    const key = keys.find((candidate) => candidate.kid === row.kid);
    items.push({
      ...toView(row),
      keyStatus: key?.status ?? "unknown",
      signature: await attest(db, row, key?.jwk),
      blockedBy: blocked.get(row.code) ?? null,
      devices24h: devices.get(row.code) ?? 0,
    });
  }
  return { items };
}

function toView(row: VersionRow): Omit<VersionView, "keyStatus" | "signature" | "blockedBy" | "devices24h"> {
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

/** Why this actor may not list the versions that wait, by code. */
async function whyNotListed(context: ServiceContext, actor: Actor, rows: VersionRow[]): Promise<Map<number, string>> {
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
  const answers = waiting.flatMap((row): [number, string][] => {
    const own = facts.find((_, index) => sets[index]?.changes.some(({ member }) => member === keyOf(row)));
    const answer = own && judgeVerb("approve", own, actor, nowMs);
    return answer === undefined || answer.ok ? [] : [[row.code, REFUSAL_TEXT[answer.refusal]]];
  });
  return new Map(answers);
}

/** Digest of the stored bytes, then the signature over exactly these bytes (spec §2). */
async function attest(db: Database, row: VersionRow, key: PublicJwk | undefined): Promise<VersionView["signature"]> {
  const [bundle] = await db.select().from(bundles).where(eq(bundles.sha256, row.sha256)).limit(1);
  if (bundle === undefined) return "bytes_missing";
  if (toHex(await backgroundCrypto.sha256(bundle.content)) !== row.sha256) return "invalid";
  const signature = p1363FromDer(bundle.signature);
  if (signature === undefined || key === undefined) return "invalid";
  return (await backgroundCrypto.verify(key, bundle.content, signature)) ? "valid" : "invalid";
}

async function devicesByVersion(db: Database, appId: string, since: Date): Promise<Map<number, number>> {
  const minutes = countedMinutes(db);
  const rows = await db
    .select({ code: minutes.versionCode, devices: countDistinct(minutes.deviceId) })
    .from(minutes)
    .where(and(eq(minutes.appId, appId), gt(minutes.at, since)))
    .groupBy(minutes.versionCode);
  return new Map(rows.map((row) => [row.code, row.devices]));
}
