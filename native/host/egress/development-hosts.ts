import { z } from "zod";
import type { RequestTarget } from "./request-target";

/**
 * Development hosts (spec §5): exact names that lead to a loopback address and are trusted by a CA of their own. They
 * are given by whoever embeds the runtime, as an option or a file named by one, and only ever take the place of
 * resolution and address check: the host decision comes first and is the same as for any other name.
 */

const hostName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/, "an exact lower-case name");

export const developmentHostShape = z.strictObject({
  host: hostName,
  address: z.union([
    z.string().regex(/^127\.(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){2}$/),
    z.literal("::1"),
  ]),
  port: z.int().min(1).max(65_535),
  certificateAuthorityPem: z.string().startsWith("-----BEGIN CERTIFICATE-----").max(16_384),
});
export type DevelopmentHost = z.infer<typeof developmentHostShape>;

/** What the file of development hosts holds. */
export const developmentHostsFileShape = z.strictObject({ hosts: z.array(developmentHostShape).max(64) });

/** Finds the development host that stands in for a target. Port 443 of the name is meant: others stay as they are. */
export type FindDevelopmentHost = (target: RequestTarget) => DevelopmentHost | undefined;

export type DevelopmentHosts =
  | { ok: true; find: FindDevelopmentHost }
  | { ok: false; reason: "development_hosts_refused" | "development_hosts_invalid" };

/** Reads the list; a list that is not empty is refused unless the pinned keyset says `development`. */
export function acceptDevelopmentHosts(
  hosts: readonly unknown[],
  environment: "production" | "development",
): DevelopmentHosts {
  if (hosts.length === 0) return { ok: true, find: () => undefined };
  if (environment !== "development") return { ok: false, reason: "development_hosts_refused" };
  const parsed = z.array(developmentHostShape).max(64).safeParse(hosts);
  if (!parsed.success) return { ok: false, reason: "development_hosts_invalid" };
  const byName = new Map(parsed.data.map((entry) => [entry.host, entry]));
  if (byName.size !== parsed.data.length) return { ok: false, reason: "development_hosts_invalid" };
  return { ok: true, find: (target) => byName.get(target.host) };
}
