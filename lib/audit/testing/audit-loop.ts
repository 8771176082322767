import { openStore } from "@/db/open-store";
import { publishers } from "@/db/schema";
import { pgliteSeed } from "@/db/testing/pglite-seed";
import { systemClock } from "@/lib/platform/clock";
import { randomIds } from "@/lib/platform/ids";
import { appendAudit } from "../append-audit";

/**
 * `audit-loop DATA_DIR ROUND`: opens the folder and commits without end, a publisher and its audit entry at a time.
 * Prints `open`, then the id of each publisher whose commit was acknowledged. It is made to be killed.
 */
const [dataDir = "", round = ""] = process.argv.slice(2);
const { store } = await openStore({ location: { kind: "pglite", dataDir }, seed: await pgliteSeed() });
process.stdout.write("open\n");
const context = { clock: systemClock, ids: randomIds };
for (let n = 1; ; n += 1) {
  const id = `pub_${round}_${n}`;
  await store.transaction(async (tx) => {
    await tx.db.insert(publishers).values({ id, name: id, createdAt: new Date(0) });
    await appendAudit(tx, context, {
      actor: { kind: "system", name: "test" },
      action: "publisher.create",
      subject: `publisher:${id}`,
    });
  });
  process.stdout.write(`${id}\n`);
}
