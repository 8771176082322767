import type { FilterField } from "@/components/blocks/filter-text";
import type { CauseFilter } from "@/lib/contracts/programs";
import { readHosts } from "@/lib/domain/texts/read-hosts";
import { sayTextIssue } from "@/lib/domain/texts/text-issues";
import { DENIAL_CODES, HOST_PURPOSES } from "@/native/core/codes";
import { VERSION_FIELD } from "../access/search-params";

/** A host as people paste it; a port beside it is none of the filter's. */
function readHost(text: string): { value: string } | { why: string } {
  const { hosts, issues } = readHosts(text, "");
  const [host] = hosts;
  if (host !== undefined) return { value: host.host };
  const [issue] = issues;
  return { why: issue === undefined ? `${text} is no host.` : sayTextIssue(issue) };
}

export const BLOCKED_FIELDS: readonly FilterField[] = [
  VERSION_FIELD,
  { name: "code", values: DENIAL_CODES },
  { name: "host", read: readHost },
  { name: "purpose", values: HOST_PURPOSES },
];

type Source = Readonly<Record<string, string | string[] | undefined>>;

/** The causes that the address names; what it does not understand is left out, and said by the bar. */
export function readCauseFilter({ code, host, purpose }: Source): CauseFilter {
  const known = DENIAL_CODES.find((one) => one === code);
  const wanted = HOST_PURPOSES.find((one) => one === purpose);
  const read = typeof host === "string" && host !== "" ? readHost(host) : null;
  return {
    ...(known === undefined ? {} : { code: known }),
    ...(read === null || "why" in read ? {} : { host: read.value }),
    ...(wanted === undefined ? {} : { purpose: wanted }),
  };
}
