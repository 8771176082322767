import type { Store } from "@/db/store";
import { clockFault, clockState } from "@/lib/sync/clock/clock-state";
import type { SigningContext } from "@/lib/sync/context";
import type { KeyFolder } from "@/lib/sync/keys/key-folder";
import type { Check } from "./create-readiness";
import { keyChecks } from "./key-checks";
import { continuity, documents } from "./lean-checks";
import { announcements, audit, auditWrite, disk, storeRead, storeWrite } from "./store-checks";

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
export const signingChecks = (
  store: Store,
  ctx: SigningContext,
  folder: KeyFolder,
  { dataDir, rootsFault = null }: { dataDir: string; rootsFault?: string | null },
): Check[] => [
  storeRead(store, ctx),
  storeWrite(store, ctx),
  disk(store.kind, dataDir),
  ...keyChecks(store, ctx, folder, rootsFault),
  documents(store, ctx),
  auditWrite(store, ctx),
  audit(store, ctx),
  clock(store, ctx),
  continuity(store),
  announcements(store, ctx),
];
