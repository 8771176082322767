import type { Store } from "@/db/store";
import { clockFault, clockState } from "@/lib/sync/clock/clock-state";
import type { SigningContext, SyncContext } from "@/lib/sync/context";
import { continuityFault, continuityState } from "@/lib/sync/continuity/continuity-state";
import type { KeyFolder } from "@/lib/sync/keys/key-folder";
import type { Check } from "./create-readiness";
import { keyChecks } from "./key-checks";
import { announcements, audit, disk, storeRead, storeWrite } from "./store-checks";

const continuity = (store: Store): Check => ({
  name: "continuity",
  async run() {
    const state = await continuityState(store.db);
    const fault = continuityFault(state);
    if (fault !== null) return { state: "failed", ...fault };
    const says = "Every document that devices are known to hold is below the newest of this store.";
    if (state.unknownNarrowings === 0) return { state: "ok", says };
    return {
      state: "warn",
      says: `Devices handed back ${state.unknownNarrowings} suspensions or blocked hosts that this store did not know; they stay in force.`,
      remedy: "Look at each under Readiness, and lift what is not wanted.",
    };
  },
});

const clock = (store: Store, ctx: SigningContext): Check => ({
  name: "clock",
  async run() {
    const state = await clockState(store.db, ctx);
    const fault = clockFault(state);
    if (fault !== null) return { state: "failed", ...fault };
    if (state.warning !== null) return { state: "warn", says: state.warning, remedy: "Set it by NTP." };
    const says = `The clock of ${state.machine} goes with its uptime, and is not behind the newest document.`;
    if (state.awaiting.length === 0) return { state: "ok", says };
    const others = [...new Set(state.awaiting.map(({ machine }) => machine))].join(", ");
    return {
      state: "warn",
      says: `The clock of ${others} jumped.`,
      remedy: "Set it right, or confirm it under Readiness.",
    };
  },
});

/** What a process stands on that decides and signs. */
export const signingChecks = (store: Store, ctx: SigningContext, folder: KeyFolder, dataDir: string): Check[] => [
  storeRead(store),
  storeWrite(store, ctx),
  disk(store.kind, dataDir),
  ...keyChecks(store, ctx, folder),
  audit(store, ctx),
  clock(store, ctx),
  continuity(store),
  announcements(store, ctx),
];

/** What one stands on that hands out what is signed and takes telemetry and submissions. */
export const leanChecks = (store: Store, ctx: SyncContext): Check[] => [
  storeRead(store),
  storeWrite(store, ctx),
  continuity(store),
  announcements(store, ctx),
];
