import { Resolver } from "node:dns/promises";
import { whileNotAborted } from "./while-not-aborted";

/**
 * All addresses of a name, IPv4 and IPv6, asked for once. Rejects where there are none. Once the signal fires nothing is
 * asked any longer: a name that answers slowly holds nothing but its own request.
 */
export type ResolveName = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

const QUERY = { timeout: 2_000, tries: 3 };
/** How much longer the other family may take once one has answered. */
const OTHER_FAMILY_MS = 1_000;

/**
 * The name servers of this machine, asked by queries that can be called off and that share no threads with anything.
 * Files of hosts and names of the local network are not looked at: what programs reach has a public name (spec 5.9).
 */
export function createNameResolver(servers?: readonly string[]): ResolveName {
  return async (name, signal) => {
    // one a name: calling its queries off calls off no other's, and the machine's servers may have changed
    const resolver = new Resolver(QUERY);
    if (servers !== undefined) resolver.setServers(servers);
    const cancel = (): void => resolver.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    let impatience: NodeJS.Timeout | undefined;
    const askFamily = async (query: Promise<string[]>): Promise<string[]> => {
      const addresses = await query;
      if (addresses.length > 0) impatience ??= setTimeout(cancel, OTHER_FAMILY_MS);
      return addresses;
    };
    try {
      signal.throwIfAborted();
      const families = [askFamily(resolver.resolve4(name)), askFamily(resolver.resolve6(name))];
      const answers = (await Promise.allSettled(families)).flatMap((family) =>
        family.status === "fulfilled" ? family.value : [],
      );
      if (answers.length === 0) await Promise.any(families);
      return answers;
    } finally {
      clearTimeout(impatience);
      signal.removeEventListener("abort", cancel);
    }
  };
}

export type Resolution =
  | { ok: true; addresses: readonly string[] }
  | { ok: false; reason: "unresolved" | "not_public" };

const ANSWERS_MAX = 32;

/**
 * Resolves once and checks every answer: one that is not public refuses all (spec §5, Address). What is returned is
 * connected to; the name is never resolved again, so a second answer can't change where the request goes. Resolves to
 * `undefined` as soon as the signal fires.
 */
export function resolvePublic(
  name: string,
  resolve: ResolveName,
  isPublicAddress: (address: string) => boolean,
  signal: AbortSignal,
): Promise<Resolution | undefined> {
  return whileNotAborted(resolveAndCheck(name, resolve, isPublicAddress, signal), signal);
}

async function resolveAndCheck(
  name: string,
  resolve: ResolveName,
  isPublicAddress: (address: string) => boolean,
  signal: AbortSignal,
): Promise<Resolution> {
  let answers: readonly string[];
  try {
    answers = await resolve(name, signal);
  } catch {
    return { ok: false, reason: "unresolved" };
  }
  if (answers.length === 0) return { ok: false, reason: "unresolved" };
  const addresses = [...new Set(answers)];
  if (addresses.length > ANSWERS_MAX) return { ok: false, reason: "unresolved" };
  return addresses.every(isPublicAddress) ? { ok: true, addresses } : { ok: false, reason: "not_public" };
}
