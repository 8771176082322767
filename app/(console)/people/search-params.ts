import type { PeopleFilter } from "@/lib/queries/people";

/** The filter that the address names. */
export function readPeopleFilter({ q }: Record<string, string | string[] | undefined>): PeopleFilter {
  return typeof q === "string" && q !== "" ? { q: q.slice(0, 200) } : {};
}
