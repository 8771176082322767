import { desc, eq } from "drizzle-orm";
import { countedEvents } from "@/db/counted";
import { changeSets } from "@/db/schema";
import type { Database } from "@/db/store";
import type { SearchAnswer } from "@/lib/contracts/search";
import { withNames } from "../denials/list-denials";

const NUMBER = /^(?:change set )?#?(\d{1,9})$/i;
const CAUSE = /^[0-9a-f]{16}$/;
const DENIAL = /^[0-9a-f]{16}[0-9A-Za-z_-]{1,64}$/;

/** A change set by its number, a denial by its id, or the newest record of a cause. */
export async function findByNumber(db: Database, q: string): Promise<SearchAnswer[][]> {
  const number = NUMBER.exec(q)?.[1];
  const sets =
    number === undefined
      ? []
      : await db
          .select()
          .from(changeSets)
          .where(eq(changeSets.number, Number(number)));
  const answers = sets.map(({ id, number: nth, state, reason, updatedAt }): SearchAnswer => {
    const detail = reason === "" ? state : `${state}: ${reason}`;
    return {
      kind: "change-set",
      id,
      name: `Change set ${nth}`,
      detail,
      since: updatedAt.toISOString(),
      href: `/policy/${id}`,
    };
  });
  return [answers, await findRecorded(db, q)];
}

async function findRecorded(db: Database, q: string): Promise<SearchAnswer[]> {
  const isCause = CAUSE.test(q);
  if (!isCause && !DENIAL.test(q)) return [];
  const events = countedEvents(db);
  const rows = await db
    .select()
    .from(events)
    .where(isCause ? eq(events.cause, q) : eq(events.denialId, q))
    .orderBy(desc(events.at))
    .limit(1);
  return (await withNames(db, rows)).map((row): SearchAnswer => {
    const purpose = row.purpose === null ? "" : ` for ${row.purpose}`;
    return {
      kind: isCause ? "cause" : "denial",
      id: row.denialId,
      name: `${row.target}${purpose}`,
      detail: `${row.code}, ${row.programName}${isCause ? ", newest record of this cause" : ""}`,
      since: row.at,
      href: `/denials/${encodeURIComponent(row.denialId)}`,
    };
  });
}
