import table from "../../catalog/special-purpose-addresses.json" with { type: "json" };
import type { Check } from "./check";
import { type IpAddress, type IpPrefix, isInPrefix, readIpAddress, readIpPrefix } from "./ip-address";

export type AddressDecision = { decision: "allow" | "deny"; code: "ALLOWED" | "ADDRESS_NOT_PUBLIC" };

const ALLOWED: AddressDecision = Object.freeze({ decision: "allow", code: "ALLOWED" });
const NOT_PUBLIC: AddressDecision = Object.freeze({ decision: "deny", code: "ADDRESS_NOT_PUBLIC" });

type SpecialPurpose = { name: string; prefix: IpPrefix; isReachable: boolean };

/** The most specific first, so that the first that fits decides. */
const SPECIAL_PURPOSE: readonly SpecialPurpose[] = table.entries
  .map(({ prefix, globallyReachable }) => ({
    name: prefix,
    prefix: requirePrefix(prefix),
    isReachable: globallyReachable === "true",
  }))
  .sort((a, b) => b.prefix.length - a.prefix.length);

const MULTICAST_V4 = requirePrefix("224.0.0.0/4");
const MULTICAST_V6 = requirePrefix("ff00::/8");
const MAPPED = requirePrefix("::ffff:0:0/96");
const NAT64 = requirePrefix("64:ff9b::/96");
/** What of IPv6 is public where no registry names it. */
export const GLOBAL_UNICAST = "2000::/3";
const UNREGISTERED = requirePrefix(GLOBAL_UNICAST);

function requirePrefix(text: string): IpPrefix {
  const prefix = readIpPrefix(text);
  if (prefix === undefined) throw new Error(`the address table has no such prefix: ${text}`);
  return prefix;
}

/** An address on its way through the checks. Behind NAT64 the IPv4 address inside is judged. */
export type AddressWalk = {
  readonly text: string;
  readonly address: IpAddress | undefined;
  /** The most specific entry of the registries. */
  entry: SpecialPurpose | undefined;
};

/** The address decision, in its order (spec §5, Address). */
export const ADDRESS_CHECKS = [
  { check: "ADDRESS", part: "address", code: "ADDRESS_NOT_PUBLIC", layer: "host", rule: null, refuse: requireAddress },
  {
    check: "MULTICAST",
    part: "address",
    code: "ADDRESS_NOT_PUBLIC",
    layer: "host",
    rule: null,
    refuse: refuseMulticast,
  },
  { check: "MAPPED", part: "address", code: "ADDRESS_NOT_PUBLIC", layer: "host", rule: null, refuse: refuseMapped },
  { check: "REGISTRY", part: "address", code: "ADDRESS_NOT_PUBLIC", layer: "host", rule: null, refuse: requirePublic },
] as const satisfies readonly Check<AddressWalk>[];

/**
 * Whether a resolved address is public, so that a connection may go to it (spec §5, Address). Takes any text; what is
 * neither strict dotted decimal nor RFC 4291 text is not public.
 */
export function decideAddress(text: string): AddressDecision {
  const walk = startAddressWalk(text);
  for (const { refuse } of ADDRESS_CHECKS) if (refuse(walk) !== undefined) return NOT_PUBLIC;
  return ALLOWED;
}

export function startAddressWalk(text: string): AddressWalk {
  const outer = readIpAddress(text);
  const isTranslated = outer !== undefined && isInPrefix(outer, NAT64);
  const address: IpAddress | undefined = isTranslated ? { version: 4, groups: outer.groups.slice(6) } : outer;
  return { text, address, entry: undefined };
}

/** Whether every resolved address is public; false for none at all. */
export function areAddressesPublic(texts: readonly string[]): boolean {
  return texts.length > 0 && texts.every((text) => decideAddress(text).decision === "allow");
}

function requireAddress({ address }: AddressWalk): null | undefined {
  return address === undefined ? null : undefined;
}

function refuseMulticast({ address }: AddressWalk): null | undefined {
  return isWithin(address, MULTICAST_V4) || isWithin(address, MULTICAST_V6) ? null : undefined;
}

function refuseMapped({ address }: AddressWalk): null | undefined {
  return isWithin(address, MAPPED) ? null : undefined;
}

function requirePublic(walk: AddressWalk): null | undefined {
  const { address } = walk;
  walk.entry = SPECIAL_PURPOSE.find(({ prefix }) => isWithin(address, prefix));
  const isPublic = walk.entry?.isReachable ?? (address?.version === 4 || isWithin(address, UNREGISTERED));
  return isPublic ? undefined : null;
}

function isWithin(address: IpAddress | undefined, prefix: IpPrefix): boolean {
  return address !== undefined && isInPrefix(address, prefix);
}
