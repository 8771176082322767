import { formatLimit, LIMIT_WORDS } from "@/components/features/programs/limit-words";
import type { PortalLimit } from "@/lib/contracts/portal";
import { runtimeWords } from "@/lib/format/runtime-words";

/** Where the newest version asks for another maximum than the one that holds. */
export function wishWords({ name, requested, effective }: PortalLimit): string | null {
  if (requested === null || requested === effective?.max) return null;
  return `Your manifest asks for ${formatLimit(name, requested)}`;
}

const listed = new Intl.ListFormat("en", { type: "conjunction" });

/** Which kinds of runtime ran the program and leave this out of their device-minutes; null where none does. */
export function leftOutWords({ leftOutBy }: PortalLimit): string | null {
  return leftOutBy.length === 0 ? null : `not reported on ${listed.format(leftOutBy.map(runtimeWords))}`;
}

/** Why nothing stands in the place of a bar; null where something does. What was not measured is never guessed. */
export function unmeasuredWords(row: PortalLimit): string | null {
  if (row.observed === null) return leftOutWords(row) ?? "no device told of it in 14 d";
  return row.effective === null ? "no limit to hold it against" : null;
}

/** The bar in words. */
export function barWords({ name, observed, effective }: PortalLimit): string {
  if (observed === null || effective === null) return "";
  const says = (value: number) => formatLimit(name, value);
  return `${LIMIT_WORDS[name].title}: p50 ${says(observed.p50)}, p95 ${says(observed.p95)}, greatest ${says(observed.max)}, warning ${says(effective.warn)}, limit ${says(effective.max)}`;
}
