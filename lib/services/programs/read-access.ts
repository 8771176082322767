import { and, desc, eq, gte, max, sql } from "drizzle-orm";
import { countedMinutes } from "@/db/counted";
import { holdsCode } from "@/db/held-codes";
import { requireRead } from "@/db/published-members";
import { versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { elementsOf, membersOf, numberOf, sumOf } from "@/db/sums";
import type { AccessRow, AccessTable } from "@/lib/contracts/programs";
import { formatMember } from "@/lib/domain/member-keys";
import { policyState, readProgram } from "@/lib/domain/policy-state";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { readProgramEntries } from "@/lib/sync/documents/read-entries";
import type { HostPurpose } from "@/native/core/codes";
import { findApi, findCapability } from "@/native/core/decide/catalog";
import { type CompiledPolicy, compilePolicy } from "@/native/core/decide/compile-policy";
import { positionOf } from "@/native/core/documents/position";
import { OTHER } from "@/native/core/telemetry/batch";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { capabilityRow, hostRow, type RowFacts } from "./access-rows";
import { loadProgram } from "./get-program";
import { newestPlatformClaims, newestProgramClaims } from "./newest-claims";
import { readWishes, type Wishes } from "./read-wishes";

const USED_SINCE_MS = 90 * 24 * 60 * 60 * 1000;

type VersionRow = typeof versions.$inferSelect;

/**
 * What one version may do right now: every capability and host that is declared, granted, wished for or lately asked
 * for, with the answer of the very evaluator that devices run and the layer that gives it (spec §5).
 */
export async function readAccess(
  context: ServiceContext,
  actor: Actor,
  appId: string,
  versionCode: number | undefined,
): Promise<AccessTable> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  await loadProgram(db, appId);
  const known = await db
    .select()
    .from(versions)
    .where(and(eq(versions.appId, appId), holdsCode()))
    .orderBy(desc(versions.code))
    .limit(50);
  const version = chooseVersion(known, versionCode);
  const document = await newestProgramClaims(db, appId);
  const platform = await newestPlatformClaims(db);
  const policy = document === null || platform === null ? null : compilePolicy(document.claims, platform.claims);
  const rows =
    version === undefined || policy === null
      ? []
      : await buildRows(db, { version, policy, nowMs: context.clock.nowMs(), runtimeVersion: context.config.version });
  return {
    versionCode: version?.code ?? null,
    versions: known.map(({ code, name, state }) => ({ code, name, state })),
    position: document === null ? null : positionOf(document.issue),
    platformPosition: platform === null ? null : positionOf(platform.issue),
    rows,
  };
}

/** The one asked for, else the newest that is live, else the newest at all. Raises `not_found`. */
function chooseVersion(known: VersionRow[], code: number | undefined): VersionRow | undefined {
  if (code === undefined) return known.find((row) => row.state === "listed") ?? known[0];
  const found = known.find((row) => row.code === code);
  if (found === undefined) throw new AppError("not_found", "There is no such version.");
  return found;
}

type Build = { version: VersionRow; policy: CompiledPolicy; nowMs: number; runtimeVersion: string };

async function buildRows(db: Database, build: Build): Promise<AccessRow[]> {
  const { version, policy, nowMs } = build;
  const members = readProgram(policyState(requireRead(await readProgramEntries(db, version.appId))), version.appId);
  const used = await readUse(db, version, new Date(nowMs - USED_SINCE_MS));
  const wishes = readWishes(version.manifest);
  const facts: RowFacts = {
    appId: version.appId,
    versionCode: version.code,
    policy,
    now: Math.floor(nowMs / 1000),
    runtimeVersion: build.runtimeVersion,
    wishes,
    used,
  };
  const names = new Set([...version.declares, ...Object.keys(members.grants), ...used.capabilities.keys()]);
  const capabilities = [...names]
    .filter((name) => findCapability(name) !== undefined)
    .sort()
    .map((name) => capabilityRow(facts, name, version.declares.includes(name), members.grants[name] ?? null));
  return [...capabilities, ...hostRows(facts, members.hosts, wishes)];
}

function hostRows(facts: RowFacts, rules: ReturnType<typeof readProgram>["hosts"], wishes: Wishes): AccessRow[] {
  const granted = rules.map(({ ruleId, rule }) =>
    hostRow(facts, {
      pattern: rule.host,
      ports: rule.ports,
      purposes: rule.purposes,
      rule,
      member: formatMember({ kind: "host", appId: facts.appId, ruleId }),
      wish: wishes.hosts.find((wish) => wish.host === rule.host),
    }),
  );
  const wished = wishes.hosts
    .filter(
      (wish) =>
        !rules.some(({ rule }) => rule.host === wish.host && wish.purposes.every((p) => rule.purposes.includes(p))),
    )
    .map((wish) =>
      hostRow(facts, {
        pattern: wish.host,
        ports: wish.ports,
        purposes: wish.purposes,
        rule: null,
        member: null,
        wish,
      }),
    );
  const seen = new Set([...granted, ...wished].map((row) => row.name));
  const asked = [...facts.used.refusedHosts]
    .filter(([host]) => !seen.has(host) && !coveredByWildcard(host, seen))
    .slice(0, 50)
    .map(([host, { port, purpose }]) =>
      hostRow(facts, { pattern: host, ports: [port], purposes: [purpose], rule: null, member: null, wish: undefined }),
    );
  return [...granted, ...wished, ...asked];
}

const coveredByWildcard = (host: string, names: ReadonlySet<string>): boolean =>
  names.has(`*.${host.slice(host.indexOf(".") + 1)}`);

/** When capabilities and hosts were last used, and which hosts were asked for in vain; from device-minutes. */
async function readUse(db: Database, version: VersionRow, since: Date): Promise<RowFacts["used"]> {
  const minutes = countedMinutes(db);
  const inRange = and(eq(minutes.appId, version.appId), eq(minutes.versionCode, version.code), gte(minutes.at, since));
  const apis = await db
    .select({ api: sql<string>`api.key`, at: max(minutes.at) })
    .from(minutes)
    .innerJoin(sql`${membersOf(minutes.apis)} as api`, sql`true`)
    .where(inRange)
    .groupBy(sql`1`);
  const hosts = await db
    .select({
      host: sql<string>`host->>'host'`,
      port: numberOf(sql`host->'port'`),
      purpose: sql<HostPurpose>`host->>'purpose'`,
      allowed: sumOf(numberOf(sql`host->'allowed'`)),
      at: max(minutes.at),
    })
    .from(minutes)
    .innerJoin(sql`${elementsOf(minutes.hosts)} as host`, sql`true`)
    .where(inRange)
    .groupBy(sql`1`, sql`2`, sql`3`);
  const capabilities = new Map<string, Date>();
  for (const { api, at } of apis) {
    const name = findApi(api)?.capability.name;
    if (name === undefined || at === null) continue;
    const before = capabilities.get(name);
    if (before === undefined || before < at) capabilities.set(name, at);
  }
  return {
    capabilities,
    hosts: new Map(hosts.flatMap(({ host, allowed, at }) => (allowed > 0 && at !== null ? [[host, at]] : []))),
    refusedHosts: new Map(
      hosts
        .filter((row) => row.allowed === 0 && row.host !== OTHER)
        .map(({ host, port, purpose }) => [host, { port, purpose }]),
    ),
  };
}
