/** What whoever embeds the host answers for: the person, the moment, and what a device can do. */

export type ConsentAnswer = "given" | "refused";

/** One question for the person, of one program and one capability. */
export type ConsentQuestion = {
  readonly appId: string;
  readonly versionCode: number;
  /** The program's name, in its publisher's words. */
  readonly name: string;
  /** Why it wants the capability, in its publisher's words too; null where it says nothing. */
  readonly reason: string | null;
  readonly capability: string;
  /** The capability's name for people. */
  readonly title: string;
  /** What it opens, in plain words. */
  readonly exposes: string;
  /** Aborted when nobody waits for the answer any more: the program ended, or it took too long. */
  readonly signal: AbortSignal;
};

/**
 * Asks the person. Once a run of a program for each capability; the answer holds until the program ends, and whoever wants it
 * to hold longer remembers it. Anything but `"given"` in time, a raised error too, leaves the call refused.
 */
export type ConsentProvider = (question: ConsentQuestion) => Promise<ConsentAnswer>;

/** What came of a question: the answer, or why there was none. */
export type ConsentOutcome = ConsentAnswer | "threw" | "timed_out" | "not_understood";

/** The moment of a call, as the Super App knows it: whether the program is what the person sees, and whether he just touched it. */
export type CallMoment = { foreground: boolean; gesture: boolean };

/** One call that the policy allowed. */
export type CapabilityCall = {
  readonly appId: string;
  readonly versionCode: number;
  readonly api: string;
  /** Checked against the catalogue's schema of the API. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Aborted when the program ended or the answer took too long. */
  readonly signal: AbortSignal;
};

/** Members of the API's result, as the catalogue has them; JSON alone. */
export type CapabilityAnswer = Readonly<Record<string, unknown>>;

/**
 * Carries out what one capability of the catalogue opens. The capability is the permission: a call arrives here after the
 * program was granted it, the person agreed where he is asked, and arguments, constraints and limits were checked; what it
 * answers is held to the grant once more.
 */
export type CapabilityProvider = {
  readonly capability: string;
  /** By the names of the capability's APIs; one that is left out fails with `HOST_ERROR`. */
  readonly apis: Readonly<Record<string, (call: CapabilityCall) => Promise<CapabilityAnswer>>>;
};

/**
 * Raised by a capability provider for what the program may be told: it fails with `HOST_ERROR` and this message, at most 200 characters
 * of it. Of any other error the program learns nothing but that the call failed.
 */
export class CapabilityFailure extends Error {
  override readonly name = "CapabilityFailure";
}
