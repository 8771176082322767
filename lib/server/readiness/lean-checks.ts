import type { Store } from "@/db/store";
import type { SyncContext } from "@/lib/sync/context";
import { continuityFault, continuityState } from "@/lib/sync/continuity/continuity-state";
import type { Check } from "./create-readiness";
import { announcements, storeRead, storeWrite } from "./store-checks";

/** What one stands on that hands out what is signed and takes telemetry and submissions; nothing here opens a key. */
export const leanChecks = (store: Store, ctx: SyncContext): Check[] => [
  storeRead(store),
  storeWrite(store, ctx),
  continuity(store),
  announcements(store, ctx),
];

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
