import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { z } from "zod";
import { AppError } from "@/lib/platform/errors";

/** Rows of one page of any list. */
export const PAGE_SIZE = 50;

const MOST_MS = 8_640_000_000_000_000;

/** Kinds of values that a list is ordered by: what a cursor may hold for them, and how the store compares it. */
const KINDS = {
  // Neither NUL nor half of a surrogate pair: the store holds neither.
  text: { holds: z.string().regex(/^[^\0\ud800-\udfff]{0,400}$/u), toSql: (value) => sql`${value}::text` },
  whole: { holds: z.int(), toSql: (value) => sql`${value}` },
  flag: { holds: z.boolean(), toSql: (value) => sql`${value}::boolean` },
  /** Milliseconds since 1970. */
  instant: {
    holds: z.int().min(0).max(MOST_MS),
    toSql: (value) => sql`${new Date(Number(value)).toISOString()}::timestamptz`,
  },
} as const satisfies Record<string, { holds: z.ZodType; toSql(value: CursorValue): SQL }>;

type CursorValue = string | number | boolean;

/**
 * How a list is ordered, by values that no two of its rows share, all in one direction: what comes greatest first beside
 * a name is ordered by its negative. `name` says which list and order it is, so that no other one takes its cursors.
 */
export type Listing = {
  name: string;
  by: readonly { value: SQLWrapper; is: keyof typeof KINDS }[];
  isNewestFirst?: boolean;
};

/** For `orderBy`. */
export const orderOf = ({ by, isNewestFirst }: Listing): SQL[] =>
  by.map(({ value }) => (isNewestFirst ? sql`${value} desc` : sql`${value} asc`));

/**
 * The condition that holds for what follows a page; none for the first one. Raises `invalid_input` for a cursor that this
 * list never gave.
 */
export function following(listing: Listing, cursor: string | undefined): SQL | undefined {
  if (cursor === undefined) return undefined;
  const values = valuesOfCursor(listing, cursor);
  const columns = sql.join(
    listing.by.map(({ value }) => sql`${value}`),
    sql`, `,
  );
  const after = sql.join(
    listing.by.map(({ is }, index) => KINDS[is].toSql(values[index] ?? "")),
    sql`, `,
  );
  return listing.isNewestFirst ? sql`(${columns}) < (${after})` : sql`(${columns}) > (${after})`;
}

/** The values of the row that a page ended with, in the order of the list. Raises `invalid_input` as `following` does. */
export function valuesOfCursor({ name, by }: Listing, cursor: string): CursorValue[] {
  const [list, values, ...others] = asList(decode(cursor));
  const parsed = asList(values).map((value, index) => KINDS[by[index]?.is ?? "text"].holds.safeParse(value));
  const isOurs = list === name && others.length === 0 && parsed.length === by.length;
  if (!isOurs || parsed.some(({ success }) => !success)) {
    throw new AppError("invalid_input", "This page of the list does not exist.");
  }
  return parsed.flatMap(({ data }) => data ?? []);
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The cursor to what follows a row of these values. */
export const cursorAfter = ({ name }: Listing, values: readonly CursorValue[]): string =>
  Buffer.from(JSON.stringify([name, values])).toString("base64url");

function decode(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    // Not text of ours: as little a page of the list as any other value.
    return null;
  }
}

/**
 * A page of the rows read, of which one more than a page was asked for, and the cursor to what follows; `valuesOf` are a
 * row's values in the order of the list.
 */
export function toPage<Row>(
  listing: Listing,
  rows: readonly Row[],
  valuesOf: (row: Row) => readonly CursorValue[],
): { rows: Row[]; nextCursor: string | null } {
  const last = rows[PAGE_SIZE - 1];
  const hasMore = rows.length > PAGE_SIZE && last !== undefined;
  return { rows: rows.slice(0, PAGE_SIZE), nextCursor: hasMore ? cursorAfter(listing, valuesOf(last)) : null };
}

/** A pattern for `ilike` that finds the text anywhere, whatever it holds. */
export const holding = (text: string): string => `%${text.replace(/[\\%_]/g, (character) => `\\${character}`)}%`;

/** SQL: a name as lists order it, whatever its case; indexes hold it so. */
export const named = (name: SQLWrapper): SQL<string> => sql<string>`lower(${name})`;
