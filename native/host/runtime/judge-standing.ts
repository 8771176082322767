import { compareRuntimeVersions } from "../../core/decide/compare-runtime-versions";
import type { CompiledPolicy } from "../../core/decide/compile-policy";
import type { Stopped } from "../../core/device/effects";
import type { StopReason } from "../ports";

/** Why a program waits without being stopped where it runs. */
export type HoldReason = "superseded" | "version_not_listed" | "upgrade_required";

/**
 * Whether a program may start, may go on, or must end (spec §4, §5). `hold` starts nothing and stops nothing: every call
 * of one that runs is refused by the evaluator anyway.
 */
export type Standing =
  | { kind: "run"; versionCode: number }
  | { kind: "hold"; reason: HoldReason }
  | { kind: "stop"; reason: StopReason };

export type StandingQuestion = {
  /** By the documents in force; undefined where one is missing. */
  policy: CompiledPolicy | undefined;
  /** What the device says of it (spec 9.6); undefined where it may run. */
  stoppedBy: Stopped["code"] | undefined;
  versionCode: number | undefined;
  runtime: { kind: string; version: string };
};

export function judgeStanding(question: StandingQuestion): Standing {
  const { policy } = question;
  if (question.stoppedBy === "PROGRAM_SUSPENDED") return { kind: "stop", reason: "suspended" };
  // Without documents nothing runs: a keyset of a higher epoch has ended those that were there, without grace.
  if (question.stoppedBy === "POLICY_EXPIRED" || !policy) return { kind: "stop", reason: "policy_expired" };
  if (policy.isSuperseded) return { kind: "hold", reason: "superseded" };
  const least = policy.minRuntime.get(question.runtime.kind);
  const order = least === undefined ? 0 : compareRuntimeVersions(question.runtime.version, least);
  if (order === undefined || order < 0) return { kind: "hold", reason: "upgrade_required" };
  const versionCode = question.versionCode ?? Math.max(0, ...policy.versions.keys());
  if (!policy.versions.has(versionCode)) return { kind: "hold", reason: "version_not_listed" };
  return { kind: "run", versionCode };
}
