import table from "../../catalog/special-purpose-addresses.json";
import { type IpAddress, type IpPrefix, isInPrefix, readIpAddress, readIpPrefix } from "./ip-address";

export type AddressDecision = { decision: "allow" | "deny"; code: "ALLOWED" | "ADDRESS_NOT_PUBLIC" };

const ALLOWED: AddressDecision = Object.freeze({ decision: "allow", code: "ALLOWED" });
const NOT_PUBLIC: AddressDecision = Object.freeze({ decision: "deny", code: "ADDRESS_NOT_PUBLIC" });

type SpecialPurpose = { prefix: IpPrefix; isReachable: boolean };

/** The most specific first, so that the first that fits decides. */
const SPECIAL_PURPOSE: readonly SpecialPurpose[] = table.entries
  .map(({ prefix, globallyReachable }) => ({
    prefix: requirePrefix(prefix),
    isReachable: globallyReachable === "true",
  }))
  .sort((a, b) => b.prefix.length - a.prefix.length);

const MULTICAST_V4 = requirePrefix("224.0.0.0/4");
const MULTICAST_V6 = requirePrefix("ff00::/8");
const MAPPED = requirePrefix("::ffff:0:0/96");
const NAT64 = requirePrefix("64:ff9b::/96");
const GLOBAL_UNICAST = requirePrefix("2000::/3");

function requirePrefix(text: string): IpPrefix {
  const prefix = readIpPrefix(text);
  if (prefix === undefined) throw new Error(`the address table has no such prefix: ${text}`);
  return prefix;
}

/**
 * Whether a resolved address is public, so that a connection may go to it (spec §5, Address). Takes any text; what is
 * neither strict dotted decimal nor RFC 4291 text is not public.
 */
export function decideAddress(text: string): AddressDecision {
  const address = readIpAddress(text);
  return address !== undefined && isPublic(address) ? ALLOWED : NOT_PUBLIC;
}

/** Whether every resolved address is public; false for none at all. */
export function areAddressesPublic(texts: readonly string[]): boolean {
  return texts.length > 0 && texts.every((text) => decideAddress(text).decision === "allow");
}

function isPublic(address: IpAddress): boolean {
  if (isInPrefix(address, MULTICAST_V4) || isInPrefix(address, MULTICAST_V6) || isInPrefix(address, MAPPED))
    return false;
  if (isInPrefix(address, NAT64)) return isPublic({ version: 4, groups: address.groups.slice(6) });
  const entry = SPECIAL_PURPOSE.find(({ prefix }) => isInPrefix(address, prefix));
  return entry?.isReachable ?? (address.version === 4 || isInPrefix(address, GLOBAL_UNICAST));
}
