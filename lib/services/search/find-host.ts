import { and, asc, desc, eq, gte, inArray, isNotNull, or, type SQL, sql } from "drizzle-orm";
import { countedEvents } from "@/db/counted";
import { hourDetails, programs, publishedMembers } from "@/db/schema";
import type { Database } from "@/db/store";
import type { SearchAnswer } from "@/lib/contracts/search";
import { formatMember } from "@/lib/domain/member-keys";
import type { HostRead } from "@/lib/domain/texts/read-hosts";
import { HOST_PURPOSES } from "@/native/core/codes";
import { DEFAULT_PORT } from "@/native/core/decide/rule-parts";
import { hostRuleShape } from "@/native/core/documents/claims-shapes";
import { liveDetails, sumDetails } from "../measures/read-details";
import { startOfDetails } from "../measures/windows";

/** Rules, and programs that tried, that are answered: one more than is shown says that there are more. */
const FOUND_MAX = 6;
/** Programs whose details one statement probes, by exact names. */
const PROGRAMS_AT_ONCE = 50;
/** Newest records of denials that are looked through for a host. */
const RECORDS_MAX = 2000;

const RANGE = "7d";

type Named = { appId: string; name: string };

/** Who may reach a host, who tried in 7 days and since when, and whether it is blocked for all. */
export async function findHost(db: Database, { host, port }: HostRead, nowMs: number): Promise<SearchAnswer[][]> {
  const rules = await rulesFor(db, host);
  const blocks = await blocksOf(db, host);
  const ports = new Set([DEFAULT_PORT, ...(port === null ? [] : [port]), ...rules.flatMap((rule) => rule.ports)]);
  const tried = await triesOf(db, host, [...ports], nowMs);
  if (rules.length + blocks.length + tried.length > 0) return [tried, rules.map((rule) => rule.answer), blocks];
  const detail = "No rule names it, and no program tried it in 7 days";
  return [[{ kind: "host-unknown", id: host, name: host, detail, since: null, href: "/programs" }]];
}

async function rulesFor(db: Database, host: string): Promise<{ ports: readonly number[]; answer: SearchAnswer }[]> {
  const parent = host.slice(host.indexOf(".") + 1);
  const written = sql<string>`${publishedMembers.value} ->> 'host'`;
  const rows = await db
    .select({
      ...{ appId: programs.appId, name: programs.name },
      ...{ member: publishedMembers.member, value: publishedMembers.value, at: publishedMembers.updatedAt },
    })
    .from(publishedMembers)
    .innerJoin(programs, eq(programs.appId, publishedMembers.appId))
    .where(and(eq(publishedMembers.kind, "host"), inArray(written, [host, `*.${parent}`])))
    .orderBy(asc(programs.appId), asc(publishedMembers.member))
    .limit(FOUND_MAX);
  return rows.flatMap(({ appId, name, member, value, at }) => {
    const { data: rule } = hostRuleShape.safeParse(value);
    if (rule === undefined) return [];
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
async function triesOf(db: Database, host: string, ports: readonly number[], nowMs: number): Promise<SearchAnswer[]> {
  const sinceMs = startOfDetails(RANGE, nowMs);
  const names = ports.flatMap((port) => HOST_PURPOSES.map((purpose) => `${host}:${port}:${purpose}`));
  const known = new Map<string, Named>();
  for (const program of await recordedOf(db, host, sinceMs)) known.set(program.appId, program);
  for (const program of await countedOf(db, names, sinceMs)) known.set(program.appId, program);
  const some = [...known.values()].slice(0, FOUND_MAX);
  const tries = await Promise.all(
    some.map(async (program) => ({ program, ...(await sumOf(db, program.appId, host, sinceMs, nowMs)) })),
  );
  return tries
    .filter(({ allowed, refused }) => allowed + refused > 0)
    .sort((a, b) => b.refused - a.refused || (a.program.appId < b.program.appId ? -1 : 1))
    .map(({ program: { appId, name }, allowed, refused, firstAtMs, sinceVersion }) => ({
      kind: "host-tried",
      id: appId,
      name,
      detail: `since v${sinceVersion}: ${counted(refused)} refused, ${counted(allowed)} allowed in 7 d`,
      since: new Date(firstAtMs).toISOString(),
      href: `/programs/${appId}/blocked?range=${RANGE}&host=${encodeURIComponent(host)}`,
    }));
}

const counted = (count: number) => count.toLocaleString("en");

async function sumOf(db: Database, appId: string, host: string, sinceMs: number, nowMs: number) {
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

/** Of the newest records of refusals those that are about the host. */
async function recordedOf(db: Database, host: string, sinceMs: number): Promise<Named[]> {
  const events = countedEvents(db);
  const newest = db
    .select({ appId: events.appId, body: events.body, at: events.at })
    .from(events)
    .where(and(isNotNull(events.denialId), gte(events.at, new Date(sinceMs))))
    .orderBy(desc(events.at))
    .limit(RECORDS_MAX)
    .as("newest");
  return namesOf(
    db,
    db.selectDistinct({ appId: newest.appId }).from(newest).where(sql`${newest.body} ->> 'host' = ${host}`),
  );
}

/** Programs whose counts have one of the names, found by the key of the counts. */
async function countedOf(db: Database, names: readonly string[], sinceMs: number): Promise<Named[]> {
  const found: Named[] = [];
  for (let after = ""; found.length < FOUND_MAX; ) {
    const some = await db
      .select({ appId: programs.appId })
      .from(programs)
      .where(sql`${programs.appId} > ${after}`)
      .orderBy(asc(programs.appId))
      .limit(PROGRAMS_AT_ONCE);
    const last = some.at(-1);
    if (last === undefined) break;
    after = last.appId;
    const matching = and(
      inArray(
        hourDetails.appId,
        some.map(({ appId }) => appId),
      ),
      eq(hourDetails.kind, "host"),
      inArray(hourDetails.name, [...names]),
      gte(hourDetails.hour, new Date(sinceMs)),
    );
    found.push(
      ...(await namesOf(db, db.selectDistinct({ appId: hourDetails.appId }).from(hourDetails).where(matching))),
    );
  }
  return found.slice(0, FOUND_MAX);
}

async function namesOf(db: Database, appIds: PromiseLike<{ appId: string | null }[]>): Promise<Named[]> {
  const ids = (await appIds).flatMap(({ appId }) => appId ?? []);
  if (ids.length === 0) return [];
  const own: SQL | undefined = or(inArray(programs.appId, ids));
  return await db.select({ appId: programs.appId, name: programs.name }).from(programs).where(own);
}
