import { expect, test } from "vitest";
import { PLATFORM_DEFAULTS } from "./platform-defaults";
import { policyState } from "./policy-state";
import { projectPlatform } from "./project-program";

test("a platform's document says grace and telemetry as they were decided, and as they are shipped before", () => {
  const { graceSeconds, telemetry } = PLATFORM_DEFAULTS;
  expect(projectPlatform(policyState([]))).toMatchObject({ graceSeconds, telemetry });
  const decided = { graceSeconds: graceSeconds - 1, telemetry: { intervalSeconds: 7, sampling: 33 } };
  const state = policyState([
    { kind: "grace-seconds", member: { kind: "grace-seconds" }, value: decided.graceSeconds },
    { kind: "telemetry", member: { kind: "telemetry" }, value: decided.telemetry },
  ]);
  expect(projectPlatform(state)).toMatchObject(decided);
});
