/** The members of a submission, as the platform answers them (spec §7). */
export const SUBMISSION_JSON = {
  submissionId: "its id",
  appId: "whose program it is",
  versionCode: "of which version",
  versionName: "what people read of it",
  sha256: "digest of the bundle",
  state: "submitted, listed, refused or withdrawn",
  submittedAt: "when it was handed in",
  listedAt: "since when devices may run it, or null",
  comment: "what the reviewer wrote, or null",
} as const;

/** What its publisher does next, by its state; a state of a newer platform than this command line says to ask again. */
export function nextOf(state: unknown, submission: string): string {
  switch (state) {
    case "listed":
      return "nothing: devices take it with their next documents; the portal shows what it is refused there";
    case "refused":
      return "mend what the reviewer wrote, raise version.code in manifest.json, then pack, sign and submit again";
    case "withdrawn":
      return "its version code is free again: bulkhead pack DIR, sign, submit";
    default:
      return `bulkhead status ${submission}, until it is decided`;
  }
}
