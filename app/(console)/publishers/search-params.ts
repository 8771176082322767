import type { PublisherFilter } from "@/lib/queries/publishers";

/** The filter that the address names. */
export function readPublisherFilter({ q }: Record<string, string | string[] | undefined>): PublisherFilter {
  return typeof q === "string" && q !== "" ? { q: q.slice(0, 200) } : {};
}
