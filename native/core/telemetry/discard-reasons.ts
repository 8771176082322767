import words from "../../catalog/discards.en.json" with { type: "json" };

/** Why a device leaves out, or loses, what it was to tell (spec 9.9, 9.10). Another runtime may have reasons of its own. */
export const DISCARD_REASONS = [
  "sampled",
  "program_share",
  "queue_overflow",
  "not_stored",
  "damaged",
  "too_large",
  "conflict",
  "send_error",
] as const;
export type DiscardReason = (typeof DISCARD_REASONS)[number];

/** Single events that are left out on purpose: what they count is in their minute, so nothing of them is lost. */
export const COUNTED_REASONS = ["sampled", "program_share"] as const satisfies readonly DiscardReason[];

/** The platform counts under `other` what a device makes up beyond the reasons that it keeps by name. */
const WORDS: Readonly<Record<DiscardReason | "other", string>> = words;

/** What a reason means, as an entry that continues "left out: "; undefined for one that another runtime has by itself. */
export function sayDiscard(reason: string): string | undefined {
  // Safe: it is one of the members.
  return Object.hasOwn(WORDS, reason) ? WORDS[reason as DiscardReason] : undefined;
}

export function isCounted(reason: string): boolean {
  return COUNTED_REASONS.some((counted) => counted === reason);
}
