import { and, desc, eq } from "drizzle-orm";
import { denialMends, denialSightings, programs } from "@/db/schema";
import type { Database } from "@/db/store";
import { countWhere } from "@/db/sums";
import type { ChangeSetDetail } from "@/lib/contracts/change-sets";

const MENDED_MAX = 50;

/** The causes of denials that a decision mended, as kept when they were judged, with what went through since. */
export async function readMended(
  db: Database,
  changeSetId: string,
): Promise<Pick<ChangeSetDetail, "mended" | "mendedTotal">> {
  const { appId, cause, purpose, versionCode, through, isAtLeast } = denialMends;
  const isOfSet = eq(denialMends.changeSetId, changeSetId);
  const found = await db
    .select({ appId, cause, purpose, versionCode, through, isAtLeast, programName: programs.name })
    .from(denialMends)
    .leftJoin(programs, eq(programs.appId, appId))
    .where(isOfSet)
    .orderBy(desc(through), appId, cause, purpose)
    .limit(MENDED_MAX);
  const mended: ChangeSetDetail["mended"] = [];
  for (const row of found) {
    const [seen] = await db
      .select({ about: denialSightings.about })
      .from(denialSightings)
      .where(
        and(
          eq(denialSightings.appId, row.appId),
          eq(denialSightings.cause, row.cause),
          eq(denialSightings.purpose, row.purpose),
        ),
      )
      .limit(1);
    const { code, host, port, api } = seen?.about ?? {};
    mended.push({
      ...row,
      programName: row.programName ?? row.appId,
      code: typeof code === "string" ? code : "",
      target: typeof host === "string" ? `${host}:${port}` : typeof api === "string" ? api : row.cause,
      purpose: row.purpose === "" ? null : row.purpose,
    });
  }
  if (mended.length < MENDED_MAX) return { mended, mendedTotal: mended.length };
  const [all] = await db.select({ count: countWhere() }).from(denialMends).where(isOfSet);
  return { mended, mendedTotal: all?.count ?? mended.length };
}
