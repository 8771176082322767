import { findBrokenFigures, setFiguresAside } from "@/db/figures/broken-figures";
import { appendAudit } from "@/lib/audit/append-audit";
import type { ServiceContext } from "@/lib/services/context";

/** How often all figures are read: a disk's fault in them stops nobody, and reading takes a while. */
const READ_EVERY_MS = 24 * 60 * 60_000;

type Ports = Pick<ServiceContext, "store" | "clock" | "ids" | "logger">;

/**
 * A job that reads the tables of figures of an embedded store once a day, and puts aside what is broken of them: the store
 * goes on with an empty table in its place, and log, readiness and audit log say so. Postgres has tools of its own.
 */
export function createFiguresJob(context: Ports): () => Promise<void> {
  let readAtMs = Number.NEGATIVE_INFINITY;
  return async () => {
    const nowMs = context.clock.nowMs();
    if (context.store.kind !== "pglite" || Math.abs(nowMs - readAtMs) < READ_EVERY_MS) return;
    for (const broken of await findBrokenFigures(context.store)) {
      const aside = await context.store.in("tend").transaction(async (tx) => {
        const name = await setFiguresAside(tx, broken, new Date(nowMs));
        await appendAudit(tx, context, {
          actor: { kind: "system", name: "store" },
          action: "store.figuresAside",
          subject: "store",
          after: { table: broken.day ?? broken.relation, aside: name, says: broken.says },
        });
        return name;
      });
      context.logger("error", "figures_set_aside", { table: broken.day ?? broken.relation, aside, says: broken.says });
    }
    readAtMs = nowMs;
  };
}
