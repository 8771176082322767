import { statfs } from "node:fs/promises";
import { eq, lt } from "drizzle-orm";
import { listFiguresAside } from "@/db/figures/broken-figures";
import { readEachTable } from "@/db/read-each-table";
import { probes } from "@/db/schema";
import type { Store } from "@/db/store";
import { readTail, tryAudit } from "@/lib/audit/try-audit";
import type { SigningContext, SyncContext } from "@/lib/sync/context";
import type { Check, Finding } from "./create-readiness";

type Ports = Pick<SyncContext, "clock" | "ids">;

const HOUR_MS = 3_600_000;
const STORE_REMEDY = "Look at the database and the log (docs/guides/operations.md); devices keep what they have.";

/** Reads a row of each table; warns for an hour after the database had to be ended. */
export const storeRead = (store: Store, { clock }: Pick<SyncContext, "clock">): Check => ({
  name: "store_read",
  async run() {
    const tables = await readEachTable(store.db);
    const says = `A row of each of ${tables} tables was read.`;
    const aside = await listFiguresAside(store.db);
    if (aside.length > 0) {
      return {
        state: "warn",
        says: `${says} Figures that were damaged, or could not be added up, were put aside, and are in no chart: ${aside.join(", ")}.`,
        remedy:
          "Look at the disk, and in the log at what is said of single rows. What can still be read of them is in the schema set_aside; drop the tables there when nobody needs them.",
      };
    }
    const { times, last } = (await store.figures()).reopened;
    if (last === null || clock.nowMs() - Date.parse(last.at) > HOUR_MS) return { state: "ok", says };
    return {
      state: "warn",
      says: `${says} The database was ended and opened again, ${times} times, last at ${last.at}. ${last.why}`,
      remedy: "Nothing that was acknowledged is lost. Look at store_ended in the log, and at the longest jobs here.",
    };
  },
});

/** Writes a row, commits, reads it back, and tries what a decision needs beside it: the embedded store's journal. */
export const storeWrite = (store: Store, ctx: Ports): Check => {
  const process = ctx.ids.next("request");
  return {
    name: "store_write",
    async run() {
      await store.tryJournal();
      const row = { nonce: ctx.ids.next("request"), at: new Date(ctx.clock.nowMs()) };
      await store.transaction(async ({ db }) => {
        await db.delete(probes).where(lt(probes.at, new Date(row.at.getTime() - HOUR_MS)));
        await db
          .insert(probes)
          .values({ process, ...row })
          .onConflictDoUpdate({ target: probes.process, set: row });
      });
      const [found] = await store.db.select().from(probes).where(eq(probes.process, process));
      if (found?.nonce === row.nonce) return { state: "ok", says: "A row was written and read back." };
      return { state: "failed", says: "A row that was committed is not read back.", remedy: STORE_REMEDY };
    },
  };
};

/** Bytes below which it fails, and below which it warns: the embedded store needs two segments of its log to go on. */
const FLOORS = {
  pglite: { failed: 64 * 1024 ** 2, warn: 512 * 1024 ** 2 },
  // The data folder holds keys alone; the database's own disk is seen by writing to it.
  postgres: { failed: 1024 ** 2, warn: 16 * 1024 ** 2 },
} as const;

export type FreeBytes = (folder: string) => Promise<number>;
const mebibytes = (bytes: number) => `${Math.floor(bytes / 1024 ** 2).toLocaleString("en")} MiB`;
const freeBytes: FreeBytes = async (folder) => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

/** Looks at what is free where the data folder is. */
export const disk = (kind: Store["kind"], dataDir: string, free: FreeBytes = freeBytes): Check => ({
  name: "disk",
  async run(): Promise<Finding> {
    const bytes = await free(dataDir);
    const says = `${mebibytes(bytes)} are free at ${dataDir}.`;
    const floor = FLOORS[kind];
    if (bytes >= floor.warn) return { state: "ok", says };
    const remedy = `Make room: below ${mebibytes(floor.failed)} nothing is written.`;
    return { state: bytes < floor.failed ? "failed" : "warn", says, remedy };
  },
});

/** Announces something and hears it, by the way that every process is told of documents. */
export const announcements = (store: Store, ctx: Ports, timeoutMs = 2_000): Check => ({
  name: "announcements",
  async run() {
    const id = ctx.ids.next("request");
    let hear = () => {};
    const heard = new Promise<boolean>((resolve) => {
      hear = () => resolve(true);
    });
    const stop = store.subscribe((announcement) => {
      if (announcement.topic === "probe" && announcement.id === id) hear();
    });
    let timer: NodeJS.Timeout | undefined;
    try {
      await store.transaction(async (tx) => tx.announce({ topic: "probe", id }));
      const late = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(false), timeoutMs);
      });
      if (await Promise.race([heard, late])) return { state: "ok", says: "What was announced was heard back." };
      const { hearing } = await store.figures();
      const provenMsAgo = hearing?.provenMsAgo ?? null;
      const isKnown = provenMsAgo === null ? "It was not" : `It was last ${Math.round(provenMsAgo / 1000)} s ago`;
      return {
        state: "failed",
        says: `What was announced was not heard back in ${timeoutMs / 1000} s: devices and browsers learn of a suspension later, at their next look.${hearing === null ? "" : ` ${isKnown} proven that this process hears what others announce.`}`,
        remedy: "Look at the connection to Postgres, which must let LISTEN through; it is made anew by itself.",
      };
    } finally {
      clearTimeout(timer);
      stop();
    }
  },
});

/** Appends to the log in a transaction that is not kept. */
export const auditWrite = (store: Store, ctx: Ports): Check => ({
  name: "audit_write",
  async run() {
    await tryAudit(store, ctx);
    return { state: "ok", says: "An entry was appended, and taken back." };
  },
});

/** Whether the log holds together at its end, and has what was signed of it. */
export const audit = (store: Store, { heads }: Pick<SigningContext, "heads">): Check => ({
  name: "audit",
  async run() {
    const { fault } = await heads.judge(store.db);
    if (fault !== null) return { state: "failed", says: fault.says, remedy: fault.remedy };
    const found = await readTail(store.db);
    if (!found.isWhole) {
      const says = `The log is not whole at its end: entry ${found.firstBadSequence} (${found.problem}).`;
      return {
        state: "failed",
        says,
        remedy: "Verify all of it on the Audit page (docs/guides/operations.md, Audit).",
      };
    }
    const says = `The last ${found.entries} entries follow from each other, and what was signed of the log is in it.`;
    const unkept = heads.fileFault();
    if (unkept === null) return { state: "ok", says };
    return { state: "warn", says: `${says} ${unkept}`, remedy: "Make the folder writable, and room on its disk." };
  },
});
