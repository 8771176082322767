import { newestDocument } from "@/db/newest-document";
import type { Store } from "@/db/store";
import { isAppError } from "@/lib/platform/errors";
import type { SyncContext } from "@/lib/sync/context";
import { continuityFault, continuityState, isBehind } from "@/lib/sync/continuity/continuity-state";
import type { Check } from "./create-readiness";
import { announcements, storeRead, storeWrite } from "./store-checks";

/** What one stands on that hands out what is signed and takes telemetry and submissions; nothing here opens a key. */
export const leanChecks = (store: Store, ctx: SyncContext): Check[] => [
  storeRead(store, ctx),
  storeWrite(store, ctx),
  continuity(store),
  documents(store, ctx),
  keysets(store, ctx),
  announcements(store, ctx),
];

/** Whether what is handed out is what was signed: the platform document now, the programs' when they were last asked for. */
export const documents = (store: Store, ctx: SyncContext): Check => ({
  name: "documents",
  async run() {
    const row = await newestDocument(store.db, "platform", "");
    // What keeps it back is told by the check of that name.
    const waits = row === null || (await isBehind(store.db));
    if (!waits) await ctx.guard.require(store.db, row).catch(unlessToldBelow);
    const [first, ...others] = ctx.guard.faults();
    if (first === undefined)
      return { state: "ok", says: "What is handed out is what policy keys of the keysets signed." };
    const more = others.length === 0 ? "" : ` Others: ${others.length}.`;
    return { state: "failed", says: `${first.says}${more}`, remedy: first.remedy };
  },
});

function unlessToldBelow(error: unknown): void {
  if (!isAppError(error)) throw error;
}

/** Whether the stored keysets are a chain from the root keys that are named outside the database. */
const keysets = (store: Store, ctx: SyncContext): Check => ({
  name: "keyset",
  async run() {
    const { keysets: walked, fault } = await ctx.keysets.observe(store.db);
    if (fault !== null) return { state: "failed", says: fault.says, remedy: fault.remedy };
    const says = `The keyset of the store, revision ${walked.length}, is walked from the root keys.`;
    if (ctx.keysets.roots() !== null) return { state: "ok", says };
    return {
      state: "warn",
      says: "No root keys are named here: the first keyset of the database is its own witness.",
      remedy: "Set BULKHEAD_ROOT_THUMBPRINTS to what keys/roots.json of the process that signs has.",
    };
  },
});

/** Whether devices are known to hold more than this store was restored with. */
export const continuity = (store: Store): Check => ({
  name: "continuity",
  async run() {
    const state = await continuityState(store.db);
    const fault = continuityFault(state);
    if (fault !== null) return { state: "failed", ...fault };
    const says = "Every document that devices are known to hold is below the newest of this store.";
    if (state.fastForwarded > 0) {
      return {
        state: "warn",
        says: `Devices that hold a platform document with a revision far above any of ours: ${state.fastForwarded}. A policy key was stolen; they take nothing more in this epoch.`,
        remedy: "Publish a keyset of a new epoch without that key (docs/guides/root-ceremony.md).",
      };
    }
    if (state.unknownNarrowings === 0) return { state: "ok", says };
    return {
      state: "warn",
      says: `Stopped on devices, by a document that this store does not know: ${state.unknownNarrowings}. Each stays stopped.`,
      remedy: "Look at each under Readiness: suspend it here too, and two people can lift it as any other.",
    };
  },
});
