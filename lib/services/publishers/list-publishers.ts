import { and, asc, gt, inArray, isNull } from "drizzle-orm";
import { people, programs, publisherKeys, publishers, publisherTokens } from "@/db/schema";
import type { PublisherView } from "@/lib/contracts/publishers";
import { formatMember } from "@/lib/domain/member-keys";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";

const PUBLISHERS_MAX = 500;

/** Publishers with their keys, programs and live tokens, by name. */
export async function listPublishers(context: ServiceContext, actor: Actor): Promise<{ items: PublisherView[] }> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  const rows = await db.select().from(publishers).orderBy(asc(publishers.name)).limit(PUBLISHERS_MAX);
  const ids = rows.map((row) => row.id);
  if (ids.length === 0) return { items: [] };
  const keys = await db.select().from(publisherKeys).where(inArray(publisherKeys.publisherId, ids));
  const owned = await db.select().from(programs).where(inArray(programs.publisherId, ids)).orderBy(asc(programs.name));
  const live = and(
    inArray(publisherTokens.publisherId, ids),
    isNull(publisherTokens.revokedAt),
    gt(publisherTokens.expiresAt, new Date(context.clock.nowMs())),
  );
  const tokens = await db.select().from(publisherTokens).where(live).orderBy(asc(publisherTokens.createdAt));
  const made = [...keys, ...tokens].flatMap(({ createdBy }) => createdBy ?? []);
  const makers =
    made.length === 0
      ? []
      : await db.select({ id: people.id, name: people.name }).from(people).where(inArray(people.id, made));
  const maker = (id: string | null) =>
    id === null ? null : (makers.find((person) => person.id === id) ?? { id, name: id });
  return {
    items: rows.map(({ id, name, createdAt }) => ({
      id,
      name,
      createdAt: createdAt.toISOString(),
      programs: owned
        .filter((program) => program.publisherId === id)
        .map((program) => ({ appId: program.appId, name: program.name })),
      keys: keys
        .filter((key) => key.publisherId === id)
        .map((key) => ({
          kid: key.kid,
          status: key.status,
          createdAt: key.createdAt.toISOString(),
          createdBy: maker(key.createdBy),
          member: formatMember({ kind: "publisher-key", publisherId: id, kid: key.kid }),
        })),
      tokens: tokens
        .filter((token) => token.publisherId === id)
        .map((token) => ({
          id: token.id,
          createdAt: token.createdAt.toISOString(),
          createdBy: maker(token.createdBy),
          expiresAt: token.expiresAt.toISOString(),
        })),
    })),
  };
}
