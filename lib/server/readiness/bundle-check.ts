import { and, eq, isNull, or } from "drizzle-orm";
import type { BundleFiles } from "@/db/bundles/bundle-files";
import { bundles, versions } from "@/db/schema";
import type { Store } from "@/db/store";
import type { Check } from "./create-readiness";

const NAMED_MAX = 5;
const REMEDY =
  "What lacks its row: npm run store -- rebuild --bundles. Otherwise put the files back into the bundles' folder (BULKHEAD_BUNDLES_DIR, one folder for all processes of a store), or let the publisher send the same bytes again.";

/** Whether every listed version's bundle has a row, and a file in the folder of this process, and was not found changed. */
export const bundleCheck = (store: Store, files: Pick<BundleFiles, "list">): Check => ({
  name: "bundles",
  async run() {
    const there = await files.list();
    const rows = await store.db
      .select({ appId: versions.appId, code: versions.code, sha256: versions.sha256, state: bundles.state })
      .from(versions)
      .leftJoin(bundles, eq(bundles.sha256, versions.sha256))
      // One of before that is no file yet is served from its row.
      .where(and(eq(versions.state, "listed"), or(isNull(bundles.sha256), isNull(bundles.content))))
      .orderBy(versions.appId, versions.code);
    const lacking = rows.flatMap(({ appId, code, sha256, state }) => {
      if (!there.has(sha256)) return [`${appId} ${code} (not there)`];
      // Without it nobody says who signed it, and devices refuse it.
      if (state === null) return [`${appId} ${code} (its row is not there)`];
      return state === "changed" ? [`${appId} ${code} (changed)`] : [];
    });
    if (lacking.length === 0) {
      return { state: "ok", says: `Every listed version has its bundle as a file here: ${rows.length}.` };
    }
    const more = lacking.length > NAMED_MAX ? ` and ${lacking.length - NAMED_MAX} more` : "";
    const says = `Bundles that devices cannot fetch: ${lacking.slice(0, NAMED_MAX).join(", ")}${more}.`;
    return { state: "warn", says, remedy: REMEDY };
  },
});
