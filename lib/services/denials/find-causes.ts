import type { Database } from "@/db/store";
import type { CauseFilter } from "@/lib/contracts/programs";
import { readHostPattern } from "@/native/core/decide/host-name";
import { OTHER } from "@/native/core/telemetry/other";
import { type AskedDetails, liveDetails, readAbout, sumDetails } from "../measures/read-details";

type About = Record<string, unknown>;

/** Whether anything but all causes is asked for. */
export const isFiltered = ({ code, host, purpose }: CauseFilter): boolean =>
  code !== undefined || host !== undefined || purpose !== undefined;

/**
 * The causes that a filter names, of what a program was refused since then, by what each is about. Of what is counted
 * together nothing is known, so no filter names it.
 */
export async function findCauses(
  db: Database,
  asked: Omit<AskedDetails, "kind">,
  filter: CauseFilter,
): Promise<ReadonlySet<string>> {
  const causes = { ...asked, kind: "cause" } as const;
  const { details } = await liveDetails(db, causes);
  const names = [...(await sumDetails(db, causes, details)).keys()].filter((name) => name !== OTHER);
  const abouts = await readAbout(db, causes, names);
  for (const { name, about } of details) if (about !== null) abouts.set(name, about);
  const matches = matcherOf(filter);
  return new Set([...abouts].flatMap(([name, about]) => (name !== OTHER && matches(about) ? [name] : [])));
}

function matcherOf({ code, host, purpose }: CauseFilter): (about: About) => boolean {
  const pattern = host === undefined ? undefined : readHostPattern(host);
  // What is no pattern names no host. As a rule's `*` stands for one label, so does a filter's.
  const isHost = (name: unknown) =>
    pattern !== undefined &&
    typeof name === "string" &&
    (pattern.kind === "exact" ? name === pattern.host : name.slice(name.indexOf(".") + 1) === pattern.base);
  return (about) =>
    (code === undefined || about.code === code) &&
    (purpose === undefined || about.purpose === purpose) &&
    (host === undefined || isHost(about.host));
}
