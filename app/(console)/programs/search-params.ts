import type { ProgramListQuery } from "@/lib/contracts/programs";
import { PROGRAM_SORTS, PROGRAM_STATUSES, type ProgramSort } from "@/lib/domain/program-lists";

type Source = Record<string, string | string[] | undefined>;

/** The filter and the order that the address names; whatever it does not understand is left out. */
export function readProgramFilter(source: Source): ProgramListQuery & { sort: ProgramSort } {
  const q = first(source.q);
  const status = PROGRAM_STATUSES.find((name) => name === first(source.status));
  return {
    ...(status === undefined ? {} : { status }),
    ...(q === undefined ? {} : { q: q.slice(0, 200) }),
    sort: PROGRAM_SORTS.find((name) => name === first(source.sort)) ?? "blocked",
  };
}

function first(value: string | string[] | undefined): string | undefined {
  const text = Array.isArray(value) ? value[0] : value;
  return text === "" ? undefined : text;
}
