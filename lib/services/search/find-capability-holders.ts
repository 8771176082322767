import { and, eq, sql } from "drizzle-orm";
import { programs, publishedMembers } from "@/db/schema";
import type { Database } from "@/db/store";
import type { SearchAnswer } from "@/lib/contracts/search";
import { formatMember } from "@/lib/domain/member-keys";
import { named } from "../paging";
import { isInForce } from "./in-force";

const HOLDERS_MAX = 6;

/** Who holds a capability, each with since when and how; or that nobody does. */
export async function findCapabilityHolders(
  db: Database,
  capability: string,
  nowMs: number,
): Promise<SearchAnswer[][]> {
  const suffix = formatMember({ kind: "grant", appId: "", capability });
  const rows = await db
    .select({
      appId: programs.appId,
      name: programs.name,
      value: publishedMembers.value,
      at: publishedMembers.updatedAt,
    })
    .from(publishedMembers)
    .innerJoin(programs, eq(programs.appId, publishedMembers.appId))
    .where(
      and(
        eq(publishedMembers.kind, "grant"),
        isInForce(nowMs),
        eq(publishedMembers.member, sql`'program:' || ${programs.appId} || ${suffix.slice("program:".length)}::text`),
      ),
    )
    .orderBy(named(programs.name), programs.appId)
    .limit(HOLDERS_MAX);
  const holders = rows.map(({ appId, name, value, at }): SearchAnswer => {
    const asks = typeof value === "object" && value !== null && "consent" in value && value.consent === "ask";
    const detail = asks ? "holds it; the user is asked" : "holds it";
    return { kind: "capability", id: appId, name, detail, since: at.toISOString(), href: `/programs/${appId}/access` };
  });
  if (holders.length > 0) return [holders];
  return [
    [
      {
        kind: "capability",
        id: capability,
        name: capability,
        detail: "No program holds it",
        since: null,
        href: "/programs",
      },
    ],
  ];
}
