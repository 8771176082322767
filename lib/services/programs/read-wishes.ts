import { z } from "zod";
import { HOST_PURPOSES } from "@/native/core/codes";

const wishesShape = z.object({
  req_permissions: z.array(z.object({ name: z.string(), reason: z.string() })).default([]),
  bulkhead_network: z
    .array(
      z.object({
        host: z.string(),
        ports: z.array(z.number()).default([443]),
        purposes: z.array(z.enum(HOST_PURPOSES)),
        reason: z.string(),
      }),
    )
    .default([]),
  bulkhead_limits: z.record(z.string(), z.number()).default({}),
  bulkhead_optional: z.object({ hosts: z.array(z.string()).default([]) }).default({ hosts: [] }),
});

export type Wishes = {
  /** Capability → why the publisher asks for it. */
  reasons: ReadonlyMap<string, string>;
  hosts: {
    host: string;
    ports: number[];
    purposes: (typeof HOST_PURPOSES)[number][];
    reason: string;
    isOptional: boolean;
  }[];
  limits: Record<string, number>;
};

/** What a stored manifest asks for. It was validated when it was handed in; anything unreadable wishes for nothing. */
export function readWishes(manifest: unknown): Wishes {
  const parsed = wishesShape.safeParse(manifest);
  if (!parsed.success) return { reasons: new Map(), hosts: [], limits: {} };
  const { req_permissions, bulkhead_network, bulkhead_limits, bulkhead_optional } = parsed.data;
  return {
    reasons: new Map(req_permissions.map(({ name, reason }) => [name, reason])),
    hosts: bulkhead_network.map((wish) => ({ ...wish, isOptional: bulkhead_optional.hosts.includes(wish.host) })),
    limits: bulkhead_limits,
  };
}
