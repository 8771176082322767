import { and, desc, eq, gt, inArray, isNotNull, lte, type SQL, sql } from "drizzle-orm";
import { type Position, positionOf } from "@/native/core/documents/position";
import { builtOnce } from "./built-once";
import type { ContinuityMarks } from "./continuity";
import { rowsOf } from "./rows";
import { continuity, devices, documents, keysets, programs } from "./schema";
import type { Database } from "./store";

/**
 * The one place that says which document is the newest: by epoch and revision as a pair (spec §4), and always by kind and
 * app id, so that the index `documents_newest` answers (`scripts/house/check-newest-document.ts`). `appId` is empty for
 * the platform's.
 */

export type StoredDocument = typeof documents.$inferSelect;
export type DocumentKind = StoredDocument["kind"];
/** All that is known of a document but its signed bytes, which may be a megabyte. */
export type DocumentIssue = Omit<StoredDocument, "jws">;

const { id, kind, appId, epoch, revision, sha256, issuedAtSeconds, expiresAtSeconds, changeSetId, createdAt } =
  documents;
const ISSUE = { id, kind, appId, epoch, revision, sha256, issuedAtSeconds, expiresAtSeconds, changeSetId, createdAt };
const NEWEST_FIRST = [desc(epoch), desc(revision)] as const;

const named = (ofKind: DocumentKind, ofApp: string): SQL | undefined => and(eq(kind, ofKind), eq(appId, ofApp));
const standing = ({ epoch: e, revision: r }: Position): SQL | undefined => and(eq(epoch, e), eq(revision, r));

/** The newest document without its bytes; null where there is none. */
export async function newestIssue(db: Database, ofKind: DocumentKind, ofApp: string): Promise<DocumentIssue | null> {
  const newest = db.select(ISSUE).from(documents).where(named(ofKind, ofApp));
  const [row] = await newest.orderBy(...NEWEST_FIRST).limit(1);
  return row ?? null;
}

/** The newest document with the bytes that were signed; null where there is none. */
export async function newestDocument(
  db: Database,
  ofKind: DocumentKind,
  ofApp: string,
): Promise<StoredDocument | null> {
  const newest = db.select().from(documents).where(named(ofKind, ofApp));
  const [row] = await newest.orderBy(...NEWEST_FIRST).limit(1);
  return row ?? null;
}

/** Where the newest document stands; null where there is none. */
export async function newestPosition(db: Database, ofKind: DocumentKind, ofApp: string): Promise<Position | null> {
  const newest = db.select({ epoch, revision }).from(documents).where(named(ofKind, ofApp));
  const [row] = await newest.orderBy(...NEWEST_FIRST).limit(1);
  return row ?? null;
}

/** One parameter however many programs are named. */
const ofPrograms = (appIds: readonly string[]): SQL | undefined =>
  and(
    eq(kind, "program"),
    inArray(appId, sql`(select jsonb_array_elements_text(${JSON.stringify(appIds)}::text::jsonb))`),
  );

/** Where the newest documents of these programs stand, by app id; those without one are left out. */
export async function newestPositions(db: Database, appIds: readonly string[]): Promise<Map<string, Position>> {
  if (appIds.length === 0) return new Map();
  const asked = sql`jsonb_array_elements_text(${JSON.stringify(appIds)}::text::jsonb) as asked(app)`;
  const own = db
    .select({ epoch, revision })
    .from(documents)
    .where(and(eq(kind, "program"), sql`${appId} = asked.app`))
    .orderBy(...NEWEST_FIRST)
    .limit(1)
    .as("own");
  const rows = await db
    .select({ appId: sql<string>`asked.app`, epoch: own.epoch, revision: own.revision })
    .from(asked)
    .innerJoinLateral(own, sql`true`);
  return new Map(rows.map((row) => [row.appId, positionOf(row)]));
}

/** The newest documents of these programs with the bytes that were signed, by app id; those without one are left out. */
export async function newestDocuments(db: Database, appIds: readonly string[]): Promise<Map<string, StoredDocument>> {
  if (appIds.length === 0) return new Map();
  const rows = await db
    .selectDistinctOn([appId])
    .from(documents)
    .where(ofPrograms(appIds))
    .orderBy(appId, ...NEWEST_FIRST);
  return new Map(rows.map((row) => [row.appId, row]));
}

/** What says of a program's newest document whether it is to be signed again; `header` is the first part of its JWS. */
export type ProgramIssue = Pick<DocumentIssue, "epoch" | "revision" | "issuedAtSeconds" | "expiresAtSeconds"> & {
  header: string;
};

/**
 * So many programs in the order of their ids, behind one, each with its newest document, or null where it has none: of each the index
 * leads to one row, however many it has had.
 */
export async function newestProgramIssues(
  db: Database,
  { after, most }: { after: string; most: number },
): Promise<{ appId: string; newest: ProgramIssue | null }[]> {
  const page = db
    .select({ appId: programs.appId })
    .from(programs)
    .where(gt(programs.appId, after))
    .orderBy(programs.appId)
    .limit(most)
    .as("page");
  // Its first bytes alone: the others may be a megabyte.
  const header = sql<string>`split_part(substr(${documents.jws}, 1, ${HEADER_CHARACTERS_MAX}), '.', 1)`.as("header");
  const newest = db
    .select({ epoch, revision, issuedAtSeconds, expiresAtSeconds, header })
    .from(documents)
    .where(and(eq(kind, "program"), eq(appId, page.appId)))
    .orderBy(...NEWEST_FIRST)
    .limit(1)
    .as("newest");
  const { epoch: e, revision: r, issuedAtSeconds: iat, expiresAtSeconds: exp, header: h } = newest;
  const rows = await db
    .select({ appId: page.appId, epoch: e, revision: r, issuedAtSeconds: iat, expiresAtSeconds: exp, header: h })
    .from(page)
    .leftJoinLateral(newest, sql`true`)
    .orderBy(page.appId);
  return rows.map(({ appId: of, ...row }) => {
    // Safe: where one of them is there, all are.
    return { appId: of, newest: row.epoch === null ? null : (row as ProgramIssue) };
  });
}
const HEADER_CHARACTERS_MAX = 4096;

/** The document that was signed with exactly this position, with its bytes; null where there is none. */
export async function documentAt(
  db: Database,
  ofKind: DocumentKind,
  ofApp: string,
  position: Position,
): Promise<StoredDocument | null> {
  const [row] = await db
    .select()
    .from(documents)
    .where(and(named(ofKind, ofApp), standing(position)));
  return row ?? null;
}

/** The same without its bytes. */
export async function issueAt(
  db: Database,
  ofKind: DocumentKind,
  ofApp: string,
  position: Position,
): Promise<DocumentIssue | null> {
  const [row] = await db
    .select(ISSUE)
    .from(documents)
    .where(and(named(ofKind, ofApp), standing(position)));
  return row ?? null;
}

/** The newest document that was signed by then, without its bytes; null where there was none. */
export async function issueAsOf(
  db: Database,
  ofKind: DocumentKind,
  ofApp: string,
  at: Date,
): Promise<DocumentIssue | null> {
  const [row] = await db
    .select(ISSUE)
    .from(documents)
    .where(and(named(ofKind, ofApp), lte(createdAt, at)))
    .orderBy(...NEWEST_FIRST)
    .limit(1);
  return row ?? null;
}

/** The newest documents that a decision made, without their bytes, `most` of them; what was only signed again is left out. */
export async function decidedIssues(
  db: Database,
  ofKind: DocumentKind,
  ofApp: string,
  most: number,
): Promise<DocumentIssue[]> {
  return await db
    .select(ISSUE)
    .from(documents)
    .where(and(named(ofKind, ofApp), isNotNull(changeSetId)))
    .orderBy(...NEWEST_FIRST)
    .limit(most);
}

/** The platform documents that a decision made, after one position and up to another, without their bytes: the newest, `most` of them. */
export async function decidedBetween(
  db: Database,
  after: Position,
  upTo: Position,
  most: number,
): Promise<DocumentIssue[]> {
  return await db
    .select(ISSUE)
    .from(documents)
    .where(
      and(
        named("platform", ""),
        isNotNull(changeSetId),
        sql`(${epoch}, ${revision}) > (${after.epoch}, ${after.revision})`,
        sql`(${epoch}, ${revision}) <= (${upTo.epoch}, ${upTo.revision})`,
      ),
    )
    .orderBy(...NEWEST_FIRST)
    .limit(most);
}

/** Where a document stands, without its bytes. `version` is another one whenever somebody has written the row. */
export type Standing = Position & { sha256: string; version: string };

export type Standings = {
  /** Null while this store was never restored and no device proved a document that it does not have. */
  continuity: ContinuityMarks | null;
  platform: Standing | null;
  /** By app id, without those of an epoch that the platform document has not begun; absent where there is none. */
  programs: ReadonlyMap<string, Standing>;
  /** The `version` of each keyset, by revision; null where there is none. */
  keysets: string | null;
  /** Whether it is revoked, by the id of a device that is asked for; absent where there is none. */
  revoked: ReadonlyMap<string, boolean>;
};

/** Asked again and again while devices fetch. One parameter however many programs or devices are asked for. */
const standingsOf = builtOnce(["appIds", "deviceIds"], ({ appIds, deviceIds }) => {
  const standing = sql`${epoch}, ${revision}, ${sha256}, ${documents}.xmin::text as version`;
  const newestFirst = sql`order by ${epoch} desc, ${revision} desc limit 1`;
  const marks = sql.join(
    [
      sql`'revisionLift', ${continuity.revisionLift}`,
      sql`'provenEpoch', ${continuity.provenEpoch}, 'provenRevision', ${continuity.provenRevision}`,
      sql`'floorEpoch', ${continuity.floorEpoch}, 'floorRevision', ${continuity.floorRevision}`,
    ],
    sql`, `,
  );
  const askers = sql`jsonb_array_elements_text(${deviceIds}::text::jsonb)`;
  const asked = sql`jsonb_array_elements_text(${appIds}::text::jsonb) as asked(app)`;
  const noEpoch = sql.raw(String(Number.MAX_SAFE_INTEGER));
  return sql`with platform as (
          select ${standing} from ${documents} where ${kind} = 'platform' and ${appId} = '' ${newestFirst}
        )
        select (select jsonb_build_object(${marks}) from ${continuity} where ${continuity.id} = 1) as continuity,
          (select to_jsonb(platform) from platform) as platform,
          (select jsonb_object_agg(asked.app, to_jsonb(own)) from ${asked} cross join lateral (
            select ${standing} from ${documents} where ${kind} = 'program' and ${appId} = asked.app
              and ${epoch} <= coalesce((select platform.epoch from platform), ${noEpoch}) ${newestFirst}
          ) own) as programs,
          (select string_agg(${keysets}.xmin::text, ' ' order by ${keysets.revision}) from ${keysets}) as keysets,
          (select jsonb_object_agg(${devices.id}, ${devices.revokedAt} is not null) from ${devices}
            where ${devices.id} in (select ${askers})) as revoked`;
});

/**
 * All that answers which bytes are handed out for the platform and these programs, and whether these devices may have them,
 * as of one moment, in one small query.
 */
export async function readStandings(
  db: Database,
  appIds: readonly string[],
  deviceIds: readonly string[] = [],
): Promise<Standings> {
  const [row] = await rowsOf<{
    continuity: ContinuityMarks | null;
    platform: Standing | null;
    programs: Record<string, Standing> | null;
    keysets: string | null;
    revoked: Record<string, boolean> | null;
  }>(db, standingsOf({ appIds: JSON.stringify(appIds), deviceIds: JSON.stringify(deviceIds) }));
  return {
    continuity: row?.continuity ?? null,
    platform: row?.platform ?? null,
    programs: new Map(Object.entries(row?.programs ?? {})),
    keysets: row?.keysets ?? null,
    revoked: new Map(Object.entries(row?.revoked ?? {})),
  };
}
