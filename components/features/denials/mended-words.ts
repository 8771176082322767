import type { MendedCause } from "@/lib/contracts/programs";
import { formatCount } from "@/lib/format/count";
import { formatRevision } from "@/lib/format/revision";

/** "212 through", or "at least 212 through" where some of them may be counted under another name. */
export function throughWords({ through, isAtLeast }: Pick<MendedCause, "through" | "isAtLeast">): string {
  return `${isAtLeast ? "at least " : ""}${formatCount(through)} through`;
}

type SinceKnown = {
  since: Pick<NonNullable<MendedCause["since"]>, "document" | "position"> | null;
  isFirst: boolean;
};

/** "Allowed since revision 4", or what is known of it. */
export function sinceWords({ since, isFirst }: SinceKnown): string {
  if (since === null) return "Allowed by what is in force";
  const of = since.document === "platform" ? "platform revision" : "revision";
  return `Allowed since ${of} ${formatRevision(since.position)}${isFirst ? "" : " or before it"}`;
}
