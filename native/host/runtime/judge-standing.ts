import { compareRuntimeVersions } from "../../core/decide/compare-runtime-versions";
import type { CompiledPolicy } from "../../core/decide/compile-policy";
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
  /** Both documents are there, in the epoch of the trusted keyset. */
  policy: CompiledPolicy | undefined;
  /** A suspension acts although no document in force says so. */
  isHeldSuspended: boolean;
  versionCode: number | undefined;
  runtime: { kind: string; version: string };
  /** Time for stored documents, whole seconds. */
  now: number;
};

export function judgeStanding(question: StandingQuestion): Standing {
  const { policy, now } = question;
  if (question.isHeldSuspended || policy?.isSuspended) return { kind: "stop", reason: "suspended" };
  // Without documents nothing runs: a keyset of a higher epoch has ended those that were there, without grace.
  if (!policy) return { kind: "stop", reason: "policy_expired" };
  if (now >= policy.endsAt) return { kind: "stop", reason: "policy_expired" };
  if (policy.isSuperseded) return { kind: "hold", reason: "superseded" };
  const least = policy.minRuntime.get(question.runtime.kind);
  const order = least === undefined ? 0 : compareRuntimeVersions(question.runtime.version, least);
  if (order === undefined || order < 0) return { kind: "hold", reason: "upgrade_required" };
  const versionCode = question.versionCode ?? Math.max(0, ...policy.versions.keys());
  if (!policy.versions.has(versionCode)) return { kind: "hold", reason: "version_not_listed" };
  return { kind: "run", versionCode };
}
