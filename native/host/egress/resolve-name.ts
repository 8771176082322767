import { lookup } from "node:dns/promises";

/** All addresses of a name, IPv4 and IPv6, asked for once. Rejects where there are none. */
export type ResolveName = (name: string) => Promise<readonly string[]>;

/** The system's resolver. */
export const systemResolveName: ResolveName = async (name) => {
  const answers = await lookup(name, { all: true, verbatim: true });
  return answers.map((answer) => answer.address);
};

export type Resolution =
  | { ok: true; addresses: readonly string[] }
  | { ok: false; reason: "unresolved" | "not_public" };

const ANSWERS_MAX = 32;

/**
 * Resolves once and checks every answer: one that is not public refuses all (spec §5, Address). What is returned is
 * connected to; the name is never resolved again, so a second answer can't change where the request goes.
 */
export async function resolvePublic(
  name: string,
  resolve: ResolveName,
  isPublicAddress: (address: string) => boolean,
): Promise<Resolution> {
  let answers: readonly string[];
  try {
    answers = await resolve(name);
  } catch {
    return { ok: false, reason: "unresolved" };
  }
  if (answers.length === 0) return { ok: false, reason: "unresolved" };
  const addresses = [...new Set(answers)];
  if (addresses.length > ANSWERS_MAX) return { ok: false, reason: "unresolved" };
  return addresses.every(isPublicAddress) ? { ok: true, addresses } : { ok: false, reason: "not_public" };
}
