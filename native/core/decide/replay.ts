import type { HostPurpose } from "../codes";
import type { ApiQuestion } from "./api-question";
import type { Step, Trace } from "./trace";

/**
 * What a record of a refusal tells of the call. Arguments, the person's answer, gesture and counters are in no record, and
 * nothing is put in their place.
 */
export type RecordedCall = {
  readonly versionCode: number;
  /** Null where the record names the host alone: then what asks for the API is not judged. */
  readonly api: string | null;
  readonly purpose: HostPurpose | null;
  /** Null where the URL named none. */
  readonly host: string | null;
  readonly port: number | null;
  /** Null: not known, so that no minimum is judged. */
  readonly runtime: ApiQuestion["runtime"] | null;
  /** Whole seconds. */
  readonly now: number;
};

/** A check that depends on what was not recorded. */
export type Unrecorded = Pick<Step, "check" | "code" | "layer"> & { state: "not_recorded" };
export type ReplayStep = Step | Unrecorded;

/** How a recorded call would be decided by documents, as far as the record tells (spec 5.54). */
export type Replay = Omit<Trace, "checks"> & { checks: ReplayStep[] };
