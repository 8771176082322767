import { statfs } from "node:fs/promises";
import { eq, lt } from "drizzle-orm";
import { readEachTable } from "@/db/read-each-table";
import { probes } from "@/db/schema";
import type { Store } from "@/db/store";
import { tryAudit } from "@/lib/audit/try-audit";
import type { SigningContext, SyncContext } from "@/lib/sync/context";
import type { Check, Finding } from "./create-readiness";

type Ports = Pick<SyncContext, "clock" | "ids">;

const HOUR_MS = 3_600_000;
const STORE_REMEDY = "Look at the database and the log (docs/guides/operations.md); devices keep what they have.";

/** Reads a row of each table. */
export const storeRead = (store: Store): Check => ({
  name: "store_read",
  async run() {
    const tables = await readEachTable(store.db);
    return { state: "ok", says: `A row of each of ${tables} tables was read.` };
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
      return {
        state: "failed",
        says: `What was announced was not heard back in ${timeoutMs / 1000} s: devices and browsers learn of a suspension later, at their next look.`,
        remedy:
          "Look at the connection to Postgres, which must let LISTEN through; a start of this process listens anew.",
      };
    } finally {
      clearTimeout(timer);
      stop();
    }
  },
});

/** Checks the end of the log and that it has what was signed of it, and appends to it in a transaction that is not kept. */
export const audit = (store: Store, ctx: Ports & Pick<SigningContext, "heads">): Check => ({
  name: "audit",
  async run() {
    const found = await tryAudit(store, ctx);
    const { fault } = await ctx.heads.judge(store.db);
    if (fault !== null) return { state: "failed", says: fault.says, remedy: fault.remedy };
    if (found.isWhole) {
      const says = `The last ${found.entries} entries follow from each other, and what was signed of the log is in it.`;
      const unkept = ctx.heads.fileFault();
      if (unkept === null) return { state: "ok", says };
      return { state: "warn", says: `${says} ${unkept}`, remedy: "Make the folder writable, and room on its disk." };
    }
    return {
      state: "failed",
      says: `The log is not whole at its end: entry ${found.firstBadSequence} (${found.problem}).`,
      remedy:
        "Check all of it on the Audit page, compare with the head that devices have, and restore a backup if it was changed.",
    };
  },
});
