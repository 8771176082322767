import { z } from "zod";

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** A backup's first line: what was taken, when, of which store, in which schema. */
const headerShape = z.strictObject({
  format: z.literal("bulkhead-backup-1"),
  takenAt: z.iso.datetime(),
  /** `asked`: by a person; `migration`: by a start that was about to change the schema. */
  cause: z.enum(["asked", "migration"]),
  /** Version of the program that wrote it. */
  program: z.string(),
  store: z.enum(["pglite", "postgres"]),
  /** Null where no platform was made yet. */
  platformId: z.string().nullable(),
  /** The migrations that had been applied, oldest first: they name the schema of the rows. */
  migrations: z.array(z.strictObject({ sha256: digest, createdAtMs: z.int() })),
  /** What the rows include of the embedded store's journal. */
  journal: z.strictObject({ sequence: z.int(), sha256: digest }).nullable(),
});
export type BackupHeader = z.infer<typeof headerShape>;

/** Sealed keys, the salt of sessions, and which root keys the platform began with. What opens them, and what seals access tokens, is never in a backup. */
export const KEY_FILE = /^((policy|root)-[A-Za-z0-9_-]{1,200}\.json|session\.salt|(keyset|roots)\.json)$/;

/** A file that lies beside the store, by its path in the data folder. */
const fileShape = z.strictObject({
  file: z.string().refine((path) => path.startsWith("keys/") && KEY_FILE.test(path.slice("keys/".length))),
  text: z.string(),
});
export type BackupFile = { path: string; text: string };

/** Begins the rows of a table; each is an array of its columns' values, in this order, as Postgres writes them as text. */
const tableShape = z.strictObject({
  table: z.string(),
  columns: z.array(z.strictObject({ name: z.string(), type: z.string() })),
  /** Where the numbers that the table gives out go on. */
  sequences: z.array(z.strictObject({ column: z.string(), value: z.string().regex(/^\d+$/), isCalled: z.boolean() })),
});
export type BackupTable = z.infer<typeof tableShape>;

/** Begins a bundle, whose bytes follow in pieces; after the tables, where backups have them. */
const bundleShape = z.strictObject({
  bundle: digest,
  /** DER, base64. */
  signature: z.base64(),
  pieces: z.int().nonnegative(),
});
const pieceShape = z.strictObject({ piece: z.base64() });
export type BackupBundle = { sha256: string; content: Uint8Array; signature: Uint8Array };

const endShape = z.strictObject({
  end: z.strictObject({
    files: z.int(),
    tables: z.record(z.string(), z.int()),
    /** None in backups of before, which have the bytes in their rows. */
    bundles: z.int().default(0),
    /** Digests of bundles that the store names and whose files were not there, or were changed. */
    lacking: z.array(digest).default([]),
  }),
  /** SHA-256 of everything before this line. */
  sha256: digest,
});
/** How many files and bundles, and rows of each table; the last line, without which a file is not whole. */
export type BackupCounts = z.infer<typeof endShape>["end"];

/** A longer line is none of ours. The longest is a bundle in hexadecimal, in a row of before: 60 MiB. */
export const LINE_BYTES_MAX = 256 * 1024 * 1024;

export const BACKUP_LINES = {
  header: headerShape,
  file: fileShape,
  table: tableShape,
  bundle: bundleShape,
  piece: pieceShape,
  end: endShape,
} as const;

export type BackupRow = (string | null)[];
export const charactersOf = (row: BackupRow) => row.reduce((sum, value) => sum + (value?.length ?? 0), 0);

/** What a backup holds, in its order: the header, the files, every table followed by its rows, then the bundles. */
export type BackupPart =
  | { kind: "header"; header: BackupHeader }
  | { kind: "file"; file: BackupFile }
  | { kind: "table"; table: BackupTable }
  | { kind: "row"; row: BackupRow }
  | { kind: "bundle"; bundle: BackupBundle }
  /** Digests of bundles that it lacks, because the store lacked them; comes last, where there are any. */
  | { kind: "lacking"; sha256: readonly string[] };

export const noCounts = (): BackupCounts => ({ files: 0, tables: {}, bundles: 0, lacking: [] });

/**
 * Tables that a backup leaves out, by relation. The journal's own are of the store and not of what it keeps; probes and
 * clock readings are of one machine; and what counts only until it is used or ended must not come back as it was before
 * that: sessions, open links, enrolments, spent assertions, failed sign-ins.
 */
export const LEFT_OUT: ReadonlySet<string> = new Set([
  "journal_changes",
  "journal_records",
  "probes",
  "clocks",
  "sessions",
  "sign_in_links",
  "handovers",
  "sign_in_failures",
  "enrolment_tokens",
  "used_assertions",
]);

/** Names as Postgres takes them, whatever is in them. */
export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
