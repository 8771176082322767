import { createHash } from "node:crypto";
import { createGunzip } from "node:zlib";
import type { z } from "zod";
import { isAppError } from "@/lib/platform/errors";
import { backupFault } from "../backup-fault";
import {
  BACKUP_LINES,
  type BackupBundle,
  type BackupCounts,
  type BackupHeader,
  type BackupPart,
  type BackupRow,
  type BackupTable,
  LINE_BYTES_MAX,
  noCounts,
} from "./backup-format";
import { openChunks, type Passphrase } from "./sealed-chunks";
import { throughZlib } from "./through-zlib";

const NEWLINE = 10;
/** Many times what a bundle has: pieces of one are held until it is whole. */
const PIECES_MAX = 256;

/**
 * What a sealed backup holds, part by part, in bounded memory. Each part was found whole where it stands; that nothing
 * is missing is known only when the iteration ends without raising. Raises a fault, named by `path`.
 */
export async function* readBackup(
  source: AsyncIterable<Uint8Array>,
  passphrase: Passphrase,
  path: string,
): AsyncGenerator<BackupPart> {
  const damaged = (found: string) => backupFault("damaged", { path, found });
  const hash = createHash("sha256");
  const counts = noCounts();
  let header: BackupHeader | null = null;
  let table: BackupTable | null = null;
  let coming: Coming | null = null;
  let isOver = false;
  for await (const line of linesOf(throughZlib(createGunzip(), openChunks(source, passphrase, path)), damaged)) {
    if (isOver) throw damaged("something follows its end");
    const value = parseLine(line);
    if (header === null) {
      header = take(BACKUP_LINES.header, value);
      if (header === null) throw damaged("it does not begin with a header");
      yield { kind: "header", header };
    } else if (coming !== null) {
      const piece = take(BACKUP_LINES.piece, value);
      if (piece === null) throw damaged("a bundle is cut off");
      coming.pieces.push(Buffer.from(piece.piece, "base64"));
      if (coming.pieces.length === coming.piecesMax) {
        yield { kind: "bundle", bundle: finishBundle(coming, damaged) };
        counts.bundles += 1;
        coming = null;
      }
    } else if (Array.isArray(value)) {
      if (table === null || !isRow(value, table)) throw damaged("a row belongs to no table");
      counts.tables[table.table] = (counts.tables[table.table] ?? 0) + 1;
      yield { kind: "row", row: value };
    } else {
      const end = take(BACKUP_LINES.end, value);
      if (end !== null) {
        if (end.sha256 !== hash.digest("hex") || !isSameCount(end.end, counts)) throw damaged("its sums do not agree");
        isOver = true;
        if (end.end.lacking.length > 0) yield { kind: "lacking", sha256: end.end.lacking };
        continue;
      }
      const file = take(BACKUP_LINES.file, value);
      const bundle = take(BACKUP_LINES.bundle, value);
      table = take(BACKUP_LINES.table, value);
      if (file !== null) {
        counts.files += 1;
        yield { kind: "file", file: { path: file.file, text: file.text } };
      } else if (table !== null && counts.tables[table.table] === undefined) {
        counts.tables[table.table] = 0;
        yield { kind: "table", table };
      } else if (bundle !== null && bundle.pieces > 0 && bundle.pieces <= PIECES_MAX) {
        const signature = Buffer.from(bundle.signature, "base64");
        coming = { sha256: bundle.bundle, signature, pieces: [], piecesMax: bundle.pieces };
      } else throw damaged("a line is not understood");
    }
    hash.update(line).update("\n");
  }
  if (!isOver) throw damaged("its end is missing");
}

type Coming = { sha256: string; signature: Uint8Array; pieces: Uint8Array[]; piecesMax: number };

function finishBundle({ sha256, signature, pieces }: Coming, damaged: (found: string) => Error): BackupBundle {
  const content = Buffer.concat(pieces);
  if (createHash("sha256").update(content).digest("hex") !== sha256) throw damaged("a bundle has other bytes");
  return { sha256, content, signature };
}

const take = <Shape extends z.ZodType>(shape: Shape, value: unknown): z.output<Shape> | null =>
  shape.safeParse(value).data ?? null;

function parseLine(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString("utf8"));
  } catch {
    // No JSON is no line of ours; the reader refuses it by its place.
    return undefined;
  }
}

function isRow(value: unknown[], { columns }: BackupTable): value is BackupRow {
  return value.length === columns.length && value.every((item) => item === null || typeof item === "string");
}

function isSameCount(said: BackupCounts, counted: BackupCounts): boolean {
  const names = new Set([...Object.keys(said.tables), ...Object.keys(counted.tables)]);
  const isSame = said.files === counted.files && said.bundles === counted.bundles;
  return isSame && [...names].every((name) => said.tables[name] === counted.tables[name]);
}

async function* linesOf(source: AsyncIterable<Uint8Array>, damaged: (found: string) => Error): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  try {
    for await (const piece of source) {
      let from = 0;
      for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, from)) {
        yield Buffer.concat([...held, piece.subarray(from, end)]);
        held = [];
        heldBytes = 0;
        from = end + 1;
      }
      held.push(piece.subarray(from));
      heldBytes += piece.length - from;
      if (heldBytes > LINE_BYTES_MAX) throw damaged("a line has no end");
    }
  } catch (error) {
    // What gunzip says about bytes that are no gzip.
    if (!isAppError(error) && String((error as NodeJS.ErrnoException).code).startsWith("Z_")) {
      throw damaged((error as Error).message);
    }
    throw error;
  }
  if (heldBytes > 0) throw damaged("its last line is cut off");
}
