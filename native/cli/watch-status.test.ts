import { describe, expect, it } from "vitest";
import type { HostStatus } from "../host/api/host-status";
import { processContext } from "./process-context";
import { type Fault, watchStatus } from "./watch-status";

const quiet = { ...processContext(), log: () => {}, write: async () => {} };

/** What the end of a program that ended so is taken for. */
function endOf(reason: string | null): Promise<Fault | null> {
  const { onEvent, allEnded } = watchStatus(quiet, false);
  const program = { appId: "com.example.a", state: "ended", versionCode: 1, pid: null, reason, programRevision: 1 };
  // Safe: of a status, the watch reads the programs alone.
  onEvent({ kind: "status", status: { programs: [program] } as unknown as HostStatus });
  return allEnded;
}

describe("how a program's run ends", () => {
  it.each(["stopped", "replaced", null])("is no fault where it was asked for: %s", async (reason) => {
    expect(await endOf(reason)).toBeNull();
  });

  it.each([
    "crashed",
    "limit",
    "policy_expired",
    "suspended",
    "degraded",
    "start_failed",
    "unsupported_engine",
    "of_tomorrow",
  ])("is a fault for any other reason, so that it never passes for success: %s", async (reason) => {
    expect(await endOf(reason)).toEqual({ reason, says: reason.replaceAll("_", " ") });
  });
});
