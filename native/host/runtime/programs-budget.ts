import type { HostClock, HostLog, StorageBudget, TelemetryPort } from "../ports";
import { createStorageBudget, type FreeSpace, readFreeSpace, STORAGE_BUDGET_BYTES } from "../storage/storage-budget";

/** The budget of this host's programs; what it refuses is told to people and, where it is no denial, to the platform. */
export function createProgramsBudget(options: {
  root: string;
  budgetBytes: number | undefined;
  programs: number;
  clock: HostClock;
  telemetry: TelemetryPort;
  log: HostLog;
  freeSpace?(path: string): Promise<FreeSpace>;
}): StorageBudget {
  const { root, budgetBytes = STORAGE_BUDGET_BYTES, programs, clock, telemetry, log } = options;
  return createStorageBudget({
    ...{ root, budgetBytes, programs, monotonicMs: clock.monotonicMs },
    freeSpace: options.freeSpace ?? readFreeSpace,
    onRefused(refusal) {
      const { appId, reason, refused } = refusal;
      log("warn", "storage_refused", refusal);
      // a program past its share is denied, and each denial is counted and an event already
      if (reason === "share") return;
      const decision = { code: "HOST_ERROR", layer: "api", rule: null } as const;
      telemetry.recordEvent({ type: "storage_refused", appId, ...decision, detail: { reason, refused } });
    },
    onFailure: (error) => log("error", "storage_not_measured", { error }),
  });
}
