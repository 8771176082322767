import { and, desc, eq, isNull } from "drizzle-orm";
import { holdsCode } from "@/db/held-codes";
import { requireRead } from "@/db/published-members";
import { devices, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { countWhere } from "@/db/sums";
import type { AccessRow, AccessTable } from "@/lib/contracts/programs";
import { KEPT_MS } from "@/lib/domain/measures/retention";
import { formatMember } from "@/lib/domain/member-keys";
import { policyState, readProgram } from "@/lib/domain/policy-state";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { readProgramEntries } from "@/lib/sync/documents/read-entries";
import { HOST_PURPOSES, type HostPurpose } from "@/native/core/codes";
import { findApi, findCapability } from "@/native/core/decide/catalog";
import { type CompiledPolicy, compilePolicy } from "@/native/core/decide/compile-policy";
import { positionOf } from "@/native/core/documents/position";
import type { ServiceContext } from "../context";
import { liveDetails, sumDetails } from "../measures/read-details";
import { requirePermission } from "../require-permission";
import { capabilityRow, hostRow, type RowFacts, type UsedTarget } from "./access-rows";
import { loadProgram } from "./get-program";
import { newestPlatformClaims, newestProgramClaims } from "./newest-claims";
import { readWishes, type Wishes } from "./read-wishes";

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
  const version = await chooseVersion(db, appId, known, versionCode);
  const document = await newestProgramClaims(db, appId);
  const platform = await newestPlatformClaims(db);
  const policy = document === null || platform === null ? null : compilePolicy(document.claims, platform.claims);
  const rows =
    version === undefined || policy === null
      ? []
      : await buildRows(db, { version, policy, nowMs: context.clock.nowMs(), own: context.config.version });
  return {
    versionCode: version?.code ?? null,
    versions: known.map(({ code, name, state }) => ({ code, name, state })),
    position: document === null ? null : positionOf(document.issue),
    platformPosition: platform === null ? null : positionOf(platform.issue),
    rows,
  };
}

/** The one asked for, else the newest that is live, else the newest at all. Raises `not_found`. */
async function chooseVersion(
  db: Database,
  appId: string,
  newest: VersionRow[],
  code: number | undefined,
): Promise<VersionRow | undefined> {
  const listed = and(
    eq(versions.appId, appId),
    holdsCode(),
    code === undefined ? eq(versions.state, "listed") : eq(versions.code, code),
  );
  const [found] = await db.select().from(versions).where(listed).orderBy(desc(versions.code)).limit(1);
  if (code !== undefined && found === undefined) throw new AppError("not_found", "There is no such version.");
  return found ?? newest[0];
}

/** `own`: the version of this release, where no device is enrolled. */
type Build = { version: VersionRow; policy: CompiledPolicy; nowMs: number; own: string };

async function buildRows(db: Database, build: Build): Promise<AccessRow[]> {
  const { version, policy, nowMs } = build;
  const members = readProgram(policyState(requireRead(await readProgramEntries(db, version.appId))), version.appId);
  const used = await readUse(db, version, policy, nowMs);
  const wishes = readWishes(version.manifest);
  const facts: RowFacts = {
    appId: version.appId,
    versionCode: version.code,
    policy,
    now: Math.floor(nowMs / 1000),
    runtimes: await readRuntimes(db, build.own),
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

/** When capabilities and hosts were last used, and which hosts were asked for in vain, in as long as hours are kept. */
async function readUse(
  db: Database,
  version: VersionRow,
  policy: CompiledPolicy,
  nowMs: number,
): Promise<RowFacts["used"]> {
  const asked = { appId: version.appId, sinceMs: nowMs - KEPT_MS.hours, nowMs, version: version.code };
  const capabilities = new Map<string, Date>();
  const used = new Map<string, UsedTarget[]>();
  const through = new Set<string>();
  const refused = new Map<string, { port: number; purpose: HostPurpose }>();
  const setLater = (dates: Map<string, Date>, name: string, atMs: number) => {
    const before = dates.get(name);
    if (before === undefined || before.getTime() < atMs) dates.set(name, new Date(atMs));
  };
  const read = async (kind: "api" | "host") => {
    const { details } = await liveDetails(db, { ...asked, kind });
    return [...(await sumDetails(db, { ...asked, kind }, details))];
  };
  for (const [name, { lastAtMs }] of await read("api")) {
    const capability = findApi(name)?.capability.name;
    if (capability !== undefined) setLater(capabilities, capability, lastAtMs);
  }
  const hosts = (await read("host")).sort(([a, x], [b, y]) => y.refused - x.refused || (a < b ? -1 : 1));
  for (const [name, { allowed, lastAtMs }] of hosts) {
    const target = readTarget(name);
    if (target === null) continue;
    const { host, port, purpose } = target;
    if (allowed > 0) {
      const pattern = patternFor(policy, host);
      used.set(pattern, [...(used.get(pattern) ?? []), { port, purpose, at: new Date(lastAtMs) }]);
      through.add(host);
    } else if (!refused.has(host)) refused.set(host, { port, purpose });
  }
  for (const host of through) refused.delete(host);
  return { capabilities, hosts: used, refusedHosts: refused };
}

/** The pattern of the rules that hold for a host, as the evaluator finds them (spec §5); the host where there are none. */
function patternFor({ exactRules, wildcardRules }: CompiledPolicy, host: string): string {
  const base = host.slice(host.indexOf(".") + 1);
  return !exactRules.has(host) && wildcardRules.has(base) ? `*.${base}` : host;
}

/** Runtimes that are asked as, at most. */
const RUNTIMES_MAX = 12;

/** What enrolled devices run, the most frequent first. */
async function readRuntimes(db: Database, own: string): Promise<RowFacts["runtimes"]> {
  const { runtimeKind: kind, runtimeVersion: version, revokedAt } = devices;
  const rows = await db
    .select({ kind, version, devices: countWhere() })
    .from(devices)
    .where(isNull(revokedAt))
    .groupBy(kind, version)
    .orderBy(desc(countWhere()), kind, version)
    .limit(RUNTIMES_MAX);
  return rows.length === 0 ? [{ kind: "linux", version: own }] : rows;
}

/** `host:port:purpose`, as details name a host; null for what is not of that form. */
function readTarget(name: string): { host: string; port: number; purpose: HostPurpose } | null {
  const [host, port, word, ...others] = name.split(":");
  const purpose = HOST_PURPOSES.find((one) => one === word);
  if (host === undefined || purpose === undefined || others.length > 0) return null;
  return { host, port: Number(port), purpose };
}
