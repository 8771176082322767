import { and, asc, eq, gt, ilike, inArray, isNull, lte, sql } from "drizzle-orm";
import { people, programs, publisherKeys, publishers, publisherTokens, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { countWhere } from "@/db/sums";
import type { PublisherList, PublisherListQuery, PublisherView } from "@/lib/contracts/publishers";
import { formatMember } from "@/lib/domain/member-keys";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { following, holding, type Listing, named, orderOf, PAGE_SIZE, toPage } from "../paging";
import { requirePermission } from "../require-permission";

/** Of one publisher, beside their number. */
const PROGRAMS_MAX = 20;

const NAME = named(publishers.name);
const LISTING: Listing = {
  name: "publishers",
  by: [
    { value: NAME, is: "text" },
    { value: publishers.id, is: "text" },
  ],
};

/** Publishers that match, with their keys, programs and live tokens, by name, 50 a page. Raises `invalid_input` for a cursor of another list. */
export async function listPublishers(
  context: ServiceContext,
  actor: Actor,
  query: PublisherListQuery,
): Promise<PublisherList> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  const { q } = query;
  const matching = q === undefined || q === "" ? undefined : ilike(publishers.name, holding(q));
  const rows = await db
    .select({ publisher: publishers, name: NAME })
    .from(publishers)
    .where(and(matching, following(LISTING, query.cursor)))
    .orderBy(...orderOf(LISTING))
    .limit(PAGE_SIZE + 1);
  const page = toPage(LISTING, rows, ({ name, publisher }) => [name, publisher.id]);
  const [counted] = await db.select({ total: countWhere(matching) }).from(publishers);
  return {
    items: await toViews(
      context,
      page.rows.map(({ publisher }) => publisher),
    ),
    nextCursor: page.nextCursor,
    total: counted?.total ?? 0,
  };
}

/** One publisher. Raises `not_found`. */
export async function getPublisher(context: ServiceContext, actor: Actor, id: string): Promise<PublisherView> {
  requirePermission(actor, "console.read");
  const [view] = await toViews(context, await context.store.db.select().from(publishers).where(eq(publishers.id, id)));
  if (view === undefined) throw new AppError("not_found", "There is no such publisher.");
  return view;
}

async function toViews(
  { store: { db }, clock }: ServiceContext,
  rows: (typeof publishers.$inferSelect)[],
): Promise<PublisherView[]> {
  const ids = rows.map((row) => row.id);
  if (ids.length === 0) return [];
  const keys = await db.select().from(publisherKeys).where(inArray(publisherKeys.publisherId, ids));
  const owned = await firstPrograms(db, ids);
  const signed = await lastSigned(db, ids);
  const live = and(
    inArray(publisherTokens.publisherId, ids),
    isNull(publisherTokens.revokedAt),
    gt(publisherTokens.expiresAt, new Date(clock.nowMs())),
  );
  const tokens = await db.select().from(publisherTokens).where(live).orderBy(asc(publisherTokens.createdAt));
  const made = [...keys, ...tokens].flatMap(({ createdBy }) => createdBy ?? []);
  const makers =
    made.length === 0
      ? []
      : await db.select({ id: people.id, name: people.name }).from(people).where(inArray(people.id, made));
  const maker = (id: string | null) =>
    id === null ? null : (makers.find((person) => person.id === id) ?? { id, name: id });
  return rows.map(({ id, name, createdAt }) => ({
    id,
    name,
    createdAt: createdAt.toISOString(),
    programs: owned
      .filter((program) => program.publisherId === id)
      .map((program) => ({ appId: program.appId, name: program.name })),
    programCount: owned.find((program) => program.publisherId === id)?.count ?? 0,
    keys: keys
      .filter((key) => key.publisherId === id)
      .map((key) => ({
        kid: key.kid,
        status: key.status,
        createdAt: key.createdAt.toISOString(),
        createdBy: maker(key.createdBy),
        member: formatMember({ kind: "publisher-key", publisherId: id, kid: key.kid }),
        ...(signed.get(key.kid) ?? NEVER_SIGNED),
      })),
    tokens: tokens
      .filter((token) => token.publisherId === id)
      .map((token) => ({
        id: token.id,
        createdAt: token.createdAt.toISOString(),
        createdBy: maker(token.createdBy),
        expiresAt: token.expiresAt.toISOString(),
      })),
  }));
}

/** The first programs of each publisher, by name, each with how many its publisher has. */
async function firstPrograms(db: Database, publisherIds: string[]) {
  const { appId, name, publisherId } = programs;
  const ranked = db
    .select({
      appId,
      name,
      publisherId,
      place: sql<number>`row_number() over (partition by ${publisherId} order by ${named(name)}, ${appId})`.as("place"),
      count: sql<number>`count(*) over (partition by ${publisherId})`.mapWith(Number).as("count"),
    })
    .from(programs)
    .where(inArray(publisherId, publisherIds))
    .as("ranked");
  return await db.select().from(ranked).where(lte(ranked.place, PROGRAMS_MAX)).orderBy(ranked.place);
}

type Signed = Pick<PublisherView["keys"][number], "signedCount" | "signedLast">;
const NEVER_SIGNED: Signed = { signedCount: 0, signedLast: null };

/** Where each key of these publishers was seen: the version that was handed in last, and how many there are. */
async function lastSigned(db: Database, publisherIds: string[]): Promise<Map<string, Signed>> {
  const { kid, appId, code, submittedAt, submissionId, publisherId } = versions;
  const ranked = db
    .select({
      kid,
      appId,
      code,
      submittedAt,
      place: sql<number>`row_number() over (partition by ${kid} order by ${submittedAt} desc, ${submissionId})`.as(
        "place",
      ),
      count: sql<number>`count(*) over (partition by ${kid})`.mapWith(Number).as("count"),
    })
    .from(versions)
    .where(inArray(publisherId, publisherIds))
    .as("ranked");
  const rows = await db
    .select({
      kid: ranked.kid,
      appId: ranked.appId,
      code: ranked.code,
      submittedAt: ranked.submittedAt,
      count: ranked.count,
      name: programs.name,
    })
    .from(ranked)
    .innerJoin(programs, eq(programs.appId, ranked.appId))
    .where(eq(ranked.place, 1));
  return new Map(
    rows.map(({ kid: by, appId: of, code: versionCode, submittedAt: at, count, name }): [string, Signed] => {
      const signedLast = { appId: of, programName: name, versionCode, at: at.toISOString() };
      return [by, { signedCount: count, signedLast }];
    }),
  );
}
