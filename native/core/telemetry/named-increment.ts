import type { HostPurpose } from "../codes";
import { HOST_PURPOSES } from "../codes";
import { findApi } from "../decide/catalog";
import type { CompiledPolicy } from "../decide/compile-policy";
import type { CountedIncrement, Named } from "./minute-entry";

/** What of an increment the policy in force names, marked so (spec 7.15): hosts and APIs, and denials that are about them. */
export function nameIncrement<T extends CountedIncrement>(increment: T, policy: CompiledPolicy | undefined): T {
  const { hosts, apis, denials } = increment;
  return {
    ...increment,
    ...(hosts === undefined
      ? {}
      : { hosts: hosts.map((host) => mark(host, isHostNamed(policy, host, [host.purpose]))) }),
    ...(apis === undefined ? {} : { apis: nameApis(apis) }),
    ...(denials === undefined ? {} : { denials: denials.map((denial) => mark(denial, isDenialNamed(policy, denial))) }),
  };
}

function mark<T extends Named>({ named: _named, ...told }: T, isNamed: boolean) {
  return isNamed ? { ...told, named: true as const } : told;
}

function nameApis(apis: NonNullable<CountedIncrement["apis"]>): NonNullable<CountedIncrement["apis"]> {
  // By entries, so that an API that is named like a member of every object is one.
  return Object.fromEntries(
    Object.entries(apis).map(([name, counts]) => [name, mark(counts, findApi(name) !== undefined)]),
  );
}

/** By an exact rule for that port and one of these purposes, or a block of that very name. */
function isHostNamed(
  policy: CompiledPolicy | undefined,
  { host, port }: { host: string; port: number },
  purposes: readonly HostPurpose[],
): boolean {
  if (policy === undefined) return false;
  if (policy.blockedHosts.has(host)) return true;
  const rules = policy.exactRules.get(host) ?? [];
  return rules.some((rule) => rule.ports.includes(port) && purposes.some((purpose) => rule.purposes.includes(purpose)));
}

/** A denial whose call named a host is about that host; any other is about its API. */
function isDenialNamed(
  policy: CompiledPolicy | undefined,
  denial: NonNullable<CountedIncrement["denials"]>[number],
): boolean {
  if (!("code" in denial)) return false;
  const { host, port, api } = denial;
  if (host !== undefined && port !== undefined) return isHostNamed(policy, { host, port }, HOST_PURPOSES);
  return api !== undefined && findApi(api) !== undefined;
}
