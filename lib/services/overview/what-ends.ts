import { and, asc, desc, eq, sql } from "drizzle-orm";
import { newestIssue } from "@/db/newest-document";
import { keysets, programs, publishedMembers } from "@/db/schema";
import type { Database } from "@/db/store";
import { describeMember } from "@/lib/domain/describe-change";
import { parseMember } from "@/lib/domain/member-keys";
import { type Actor, hasPermission } from "@/lib/domain/roles";
import { type Found, ROWS_A_KIND, type Waiting, waitingFor } from "./what-waits";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** What ends so soon waits for somebody. A document is signed anew every hour, so that one with less left was not. */
const SOON_MS = { keyset: 30 * DAY_MS, document: 4 * HOUR_MS, rule: 7 * DAY_MS };

/** Keys and documents that end soon, for whoever tends them, and rules that do or did so within a day, for whoever approves. */
export async function listEnding(db: Database, actor: Actor, nowMs: number): Promise<Found> {
  if (actor.kind !== "person") return { items: [], isMore: false };
  const own = hasPermission(actor.role, "platform.confirm") ? await listSigned(db, nowMs) : [];
  if (!hasPermission(actor.role, "changes.approve")) return { items: own, isMore: false };
  const rules = await listRules(db, nowMs);
  return { items: [...own, ...rules.items], isMore: rules.isMore };
}

async function listSigned(db: Database, nowMs: number): Promise<Waiting[]> {
  const [keyset] = await db.select().from(keysets).orderBy(desc(keysets.revision)).limit(1);
  const document = await newestIssue(db, "platform", "");
  const items: Waiting[] = [];
  if (keyset !== undefined && keyset.expiresAtSeconds * 1000 < nowMs + SOON_MS.keyset) {
    items.push(
      waitingFor({
        kind: "ending",
        id: "keyset",
        href: "/readiness",
        title: "The keys that devices trust",
        detail: "Once they have ended devices take no new document. Sign a new keyset with the root keys.",
        since: keyset.createdAt.toISOString(),
        action: "See the keys",
        until: new Date(keyset.expiresAtSeconds * 1000).toISOString(),
      }),
    );
  }
  if (document !== null && document.expiresAtSeconds * 1000 < nowMs + SOON_MS.document) {
    items.push(
      waitingFor({
        kind: "ending",
        id: "platform-document",
        href: "/readiness",
        title: "The platform document",
        detail: "It was not signed anew. Past its end and its grace devices allow nothing.",
        since: document.createdAt.toISOString(),
        action: "See why",
        until: new Date(document.expiresAtSeconds * 1000).toISOString(),
      }),
    );
  }
  return items;
}

async function listRules(db: Database, nowMs: number): Promise<Found> {
  const until = sql`(${publishedMembers.value} ->> 'until')::numeric`;
  const rows = await db
    .select({ row: publishedMembers, until: until.mapWith(Number), name: programs.name })
    .from(publishedMembers)
    .innerJoin(programs, eq(programs.appId, publishedMembers.appId))
    .where(
      and(
        sql`jsonb_typeof(${publishedMembers.value} -> 'until') = 'number'`,
        sql`${until} > ${Math.floor((nowMs - DAY_MS) / 1000)}`,
        sql`${until} <= ${Math.floor((nowMs + SOON_MS.rule) / 1000)}`,
      ),
    )
    .orderBy(asc(until), asc(publishedMembers.member))
    .limit(ROWS_A_KIND + 1);
  const items = rows.slice(0, ROWS_A_KIND).flatMap(({ row, until: endsAt, name }) => {
    const member = parseMember(row.member);
    if (member === null || !("appId" in member)) return [];
    return [
      waitingFor({
        kind: "ending",
        id: row.member,
        href: `/programs/${encodeURIComponent(member.appId)}/access`,
        title: `${name}: ${describeMember(member, row.value)}`,
        detail: "Then it is refused on every device.",
        since: row.updatedAt.toISOString(),
        action: "Propose a later end; takes two",
        until: new Date(endsAt * 1000).toISOString(),
      }),
    ];
  });
  return { items, isMore: rows.length > ROWS_A_KIND };
}
