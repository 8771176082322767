import { and, asc, count, desc, eq, gt, gte, inArray, isNotNull, sql } from "drizzle-orm";
import { countedEvents } from "@/db/counted";
import { hourDetails, programs, publishedMembers } from "@/db/schema";
import type { Database } from "@/db/store";
import { sumOf } from "@/db/sums";
import type { SearchAnswer } from "@/lib/contracts/search";
import { formatMember } from "@/lib/domain/member-keys";
import type { HostRead } from "@/lib/domain/texts/read-hosts";
import { HOST_PURPOSES } from "@/native/core/codes";
import { DEFAULT_PORT } from "@/native/core/decide/rule-parts";
import { hostRuleShape } from "@/native/core/documents/claims-shapes";
import { liveDetails, sumDetails } from "../measures/read-details";
import { startOfDetails } from "../measures/windows";
import { isInForce } from "./in-force";

/** Rules, and programs that tried, that are answered: one more than is shown says that there are more. */
const FOUND_MAX = 6;
/** Programs whose details one statement probes, by exact names. */
const PROGRAMS_AT_ONCE = 50;
/** Programs, by their ids, whose details are probed at all. */
export const PROBED_MAX = 1000;
/** Newest records of denials that are looked through for a host. */
const RECORDS_MAX = 2000;

const RANGE = "7d";

/**
 * Who may reach a host, who tried in 7 days and since when, and whether it is blocked for all. Not `isWhole`: there are more
 * programs than are probed.
 */
export async function findHost(
  db: Database,
  { host, port }: HostRead,
  nowMs: number,
): Promise<{ answers: SearchAnswer[][]; isWhole: boolean }> {
  const rules = await rulesFor(db, host, nowMs);
  const blocks = await blocksOf(db, host);
  const ports = new Set([DEFAULT_PORT, ...(port === null ? [] : [port]), ...rules.flatMap((rule) => rule.ports)]);
  const { tried, isWhole } = await triesOf(db, host, [...ports], nowMs);
  const may = rules.flatMap(({ answer }) => answer ?? []);
  if (may.length + blocks.length + tried.length > 0) return { answers: [tried, may, blocks], isWhole };
  const nobody = isWhole ? "no program tried it" : `none of ${counted(PROBED_MAX)} programs tried it`;
  const detail = `No rule in force names it, and ${nobody} in 7 days`;
  return {
    answers: [[{ kind: "host-unknown", id: host, name: host, detail, since: null, href: "/programs" }]],
    isWhole,
  };
}

type RuleFound = { ports: readonly number[]; answer: SearchAnswer | null };

/** A rule that has ended allows nothing; its ports are where the host is still tried. */
async function rulesFor(db: Database, host: string, nowMs: number): Promise<RuleFound[]> {
  const parent = host.slice(host.indexOf(".") + 1);
  const written = sql<string>`${publishedMembers.value} ->> 'host'`;
  const rows = await db
    .select({
      ...{ appId: programs.appId, name: programs.name },
      ...{ member: publishedMembers.member, value: publishedMembers.value, at: publishedMembers.updatedAt },
      inForce: isInForce(nowMs),
    })
    .from(publishedMembers)
    .innerJoin(programs, eq(programs.appId, publishedMembers.appId))
    .where(and(eq(publishedMembers.kind, "host"), inArray(written, [host, `*.${parent}`])))
    .orderBy(desc(isInForce(nowMs)), asc(programs.appId), asc(publishedMembers.member))
    .limit(FOUND_MAX);
  return rows.flatMap(({ appId, name, member, value, at, inForce }): RuleFound[] => {
    const { data: rule } = hostRuleShape.safeParse(value);
    if (rule === undefined) return [];
    if (!inForce) return [{ ports: rule.ports, answer: null }];
    const by = rule.host === host ? "" : ` by ${rule.host}`;
    const detail = `may${by}: ${rule.purposes.join(", ")} on ${rule.ports.join(", ")}`;
    const answer = {
      kind: "host-rule",
      id: member,
      name,
      detail,
      since: at.toISOString(),
      href: `/programs/${appId}/access`,
    } as const;
    return [{ ports: rule.ports, answer }];
  });
}

/** A block covers every name below it. */
async function blocksOf(db: Database, host: string): Promise<SearchAnswer[]> {
  const labels = host.replace(/^\*\./, "").split(".");
  const members = labels.map((_, nth) => formatMember({ kind: "blocked-host", host: labels.slice(nth).join(".") }));
  const rows = await db.select().from(publishedMembers).where(inArray(publishedMembers.member, members));
  return rows.map(({ member, updatedAt, changeSetId }) => ({
    kind: "host-blocked",
    id: member,
    name: member.slice(member.indexOf(":") + 1),
    detail: "blocked for all programs",
    since: updatedAt.toISOString(),
    href: changeSetId === null ? "/policy" : `/policy/${changeSetId}`,
  }));
}

/** Programs that asked for the host in 7 days, the most refused first, as their own pages count it. */
async function triesOf(
  db: Database,
  host: string,
  ports: readonly number[],
  nowMs: number,
): Promise<{ tried: SearchAnswer[]; isWhole: boolean }> {
  const sinceMs = startOfDetails(RANGE, nowMs);
  const names = ports.flatMap((port) => HOST_PURPOSES.map((purpose) => `${host}:${port}:${purpose}`));
  const refusals = await recordedOf(db, host, sinceMs);
  const { refused: probed, isWhole } = await probedOf(db, names, sinceMs);
  const recorded = await refusedOf(db, [...refusals.keys()], names, sinceMs);
  // What is recorded may not be counted yet, and of what is counted little is recorded.
  for (const [appId, times] of [...probed, ...recorded]) {
    refusals.set(appId, Math.max(times, refusals.get(appId) ?? 0));
  }
  const most = [...refusals]
    .sort(([a, timesA], [b, timesB]) => timesB - timesA || (a < b ? -1 : 1))
    .slice(0, FOUND_MAX)
    .map(([appId]) => appId);
  if (most.length === 0) return { tried: [], isWhole };
  const { appId: id, name } = programs;
  const known = await db.select({ appId: id, name }).from(programs).where(inArray(id, most));
  const tries = await Promise.all(
    known.map(async (program) => ({ program, ...(await sumFor(db, program.appId, host, sinceMs, nowMs)) })),
  );
  const tried = tries
    .filter(({ allowed, refused }) => allowed + refused > 0)
    .sort((a, b) => b.refused - a.refused || (a.program.appId < b.program.appId ? -1 : 1))
    .map(
      ({ program, allowed, refused, firstAtMs, sinceVersion }): SearchAnswer => ({
        kind: "host-tried",
        id: program.appId,
        name: program.name,
        detail: `since v${sinceVersion}: ${counted(refused)} refused, ${counted(allowed)} allowed in 7 d`,
        since: new Date(firstAtMs).toISOString(),
        href: `/programs/${program.appId}/blocked?range=${RANGE}&host=${encodeURIComponent(host)}`,
      }),
    );
  return { tried, isWhole };
}

const counted = (times: number) => times.toLocaleString("en");

async function sumFor(db: Database, appId: string, host: string, sinceMs: number, nowMs: number) {
  const asked = { appId, kind: "host", sinceMs, nowMs } as const;
  const { details } = await liveDetails(db, asked);
  const own = [...(await sumDetails(db, asked, details))]
    .filter(([name]) => name.startsWith(`${host}:`))
    .map(([, sum]) => sum);
  return {
    allowed: own.reduce((sum, one) => sum + one.allowed, 0),
    refused: own.reduce((sum, one) => sum + one.refused, 0),
    firstAtMs: Math.min(nowMs, ...own.map((one) => one.firstAtMs)),
    sinceVersion: Math.min(...own.map((one) => one.sinceVersion)),
  };
}

/** Of the newest records of refusals how many are about the host, of the programs that have the most of them. */
async function recordedOf(db: Database, host: string, sinceMs: number): Promise<Map<string, number>> {
  const events = countedEvents(db);
  const newest = db
    .select({ appId: events.appId, body: events.body, at: events.at })
    .from(events)
    .where(and(isNotNull(events.denialId), gte(events.at, new Date(sinceMs))))
    .orderBy(desc(events.at))
    .limit(RECORDS_MAX)
    .as("newest");
  const rows = await db
    .select({ appId: newest.appId, times: count() })
    .from(newest)
    .where(and(isNotNull(newest.appId), sql`${newest.body} ->> 'host' = ${host}`))
    .groupBy(newest.appId)
    .orderBy(desc(count()), asc(newest.appId))
    .limit(PROGRAMS_AT_ONCE);
  return new Map(rows.flatMap(({ appId, times }) => (appId === null ? [] : [[appId, times] as const])));
}

/** How often programs were refused one of the names, program by program until all or `PROBED_MAX` are probed. */
async function probedOf(
  db: Database,
  names: readonly string[],
  sinceMs: number,
): Promise<{ refused: Map<string, number>; isWhole: boolean }> {
  const refused = new Map<string, number>();
  let after = "";
  for (let probed = 0; probed < PROBED_MAX; probed += PROGRAMS_AT_ONCE) {
    const some = await db
      .select({ appId: programs.appId })
      .from(programs)
      .where(gt(programs.appId, after))
      .orderBy(asc(programs.appId))
      .limit(PROGRAMS_AT_ONCE);
    const appIds = some.map(({ appId }) => appId);
    for (const [appId, times] of await refusedOf(db, appIds, names, sinceMs)) refused.set(appId, times);
    after = appIds.at(-1) ?? after;
    if (appIds.length < PROGRAMS_AT_ONCE) return { refused, isWhole: true };
  }
  const [next] = await db.select({ appId: programs.appId }).from(programs).where(gt(programs.appId, after)).limit(1);
  return { refused, isWhole: next === undefined };
}

/** How often each of the programs that asked for one of the names was refused it, found by the key of the counts. */
async function refusedOf(
  db: Database,
  appIds: string[],
  names: readonly string[],
  sinceMs: number,
): Promise<Map<string, number>> {
  if (appIds.length === 0) return new Map();
  const { appId, kind, name, hour, refused } = hourDetails;
  const rows = await db
    .select({ appId, times: sumOf(refused) })
    .from(hourDetails)
    .where(and(inArray(appId, appIds), eq(kind, "host"), inArray(name, [...names]), gte(hour, new Date(sinceMs))))
    .groupBy(appId);
  return new Map(rows.map((row) => [row.appId, row.times]));
}
