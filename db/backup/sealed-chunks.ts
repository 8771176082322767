import { createCipheriv, createDecipheriv, createHash, randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";
import { z } from "zod";
import { backupFault } from "../backup-fault";

const CHUNK_BYTES = 64 * 1024;
const TAG_BYTES = 16;
const HEADER_BYTES_MAX = 512;
const NEWLINE = 10;
/** 128 MiB of memory and a third of a second a guess. */
const COST = 2 ** 17;

const base64 = (bytes: number) => z.base64().length(Math.ceil(bytes / 3) * 4);
const sealShape = z.discriminatedUnion("seal", [
  z.strictObject({
    format: z.literal("bulkhead-backup-1"),
    seal: z.literal("passphrase"),
    kdf: z.strictObject({
      name: z.literal("scrypt"),
      N: z
        .int()
        .min(2)
        .max(COST)
        .refine((cost) => Number.isInteger(Math.log2(cost))),
      r: z.literal(8),
      p: z.literal(1),
      salt: base64(32),
    }),
  }),
  // Not secret: the key stands beside what it opens, and every byte is held to the same checks.
  z.strictObject({ format: z.literal("bulkhead-backup-1"), seal: z.literal("none"), key: base64(32) }),
]);
type SealHeader = z.infer<typeof sealShape>;

/** A passphrase, or null for a file that lies where the store lies and needs no secrecy of its own. */
export type Passphrase = string | null;

async function keyOf(header: SealHeader, passphrase: Passphrase, path: string): Promise<Buffer> {
  if (header.seal === "none") return Buffer.from(header.key, "base64");
  if (passphrase === null) throw backupFault("passphrase-missing", { path });
  const { N, r, p, salt } = header.kdf;
  const derive = promisify<string, Buffer, number, object, Buffer>(scrypt);
  return derive(passphrase.normalize("NFC"), Buffer.from(salt, "base64"), 32, { N, r, p, maxmem: 256 * N * r });
}

/** A number and a mark of the last one: a chunk opens in its own place alone, and an end is an end only where it was one. */
function nonceOf(chunk: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(chunk), 3);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** Pieces of exactly `size` bytes; the last one, which may be shorter or empty, is marked. */
async function* piecesOf(source: AsyncIterable<Uint8Array>, size: number) {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const part of source) {
    held.push(Buffer.from(part.buffer, part.byteOffset, part.length));
    heldBytes += part.length;
    if (heldBytes <= size) continue;
    let rest = Buffer.concat(held);
    while (rest.length > size) {
      yield { piece: rest.subarray(0, size), isLast: false };
      rest = rest.subarray(size);
    }
    held = [rest];
    heldBytes = rest.length;
  }
  yield { piece: Buffer.concat(held), isLast: true };
}

/**
 * Seals a stream: one line that says how, then chunks of 64 KiB under AES-256-GCM, each bound to that line, to its number
 * and to whether it is the last. A key is used for one file alone.
 */
export async function* sealChunks(
  source: AsyncIterable<Uint8Array>,
  passphrase: Passphrase,
  cost = COST,
): AsyncGenerator<Uint8Array> {
  const format = "bulkhead-backup-1";
  const secret = randomBytes(32).toString("base64");
  const header: SealHeader =
    passphrase === null
      ? { format, seal: "none", key: secret }
      : { format, seal: "passphrase", kdf: { name: "scrypt", N: cost, r: 8, p: 1, salt: secret } };
  const line = Buffer.from(`${JSON.stringify(header)}\n`);
  const key = await keyOf(header, passphrase, "");
  const boundTo = createHash("sha256").update(line).digest();
  yield line;
  let chunk = 0;
  for await (const { piece, isLast } of piecesOf(source, CHUNK_BYTES)) {
    const cipher = createCipheriv("aes-256-gcm", key, nonceOf(chunk, isLast));
    cipher.setAAD(boundTo);
    yield Buffer.concat([cipher.update(piece), cipher.final(), cipher.getAuthTag()]);
    chunk += 1;
  }
}

/** The header's line and what follows it; `close` lets go of the source, also where nobody began to read on. */
async function splitHeader(source: AsyncIterable<Uint8Array>, path: string) {
  const iterator = source[Symbol.asyncIterator]();
  let read = Buffer.alloc(0);
  for (;;) {
    const end = read.indexOf(NEWLINE);
    if (end >= 0) {
      const rest = read.subarray(end + 1);
      const parsed = parseHeader(read.subarray(0, end).toString("utf8"));
      if (parsed === null) break;
      const close = async () => void (await iterator.return?.());
      return { line: read.subarray(0, end + 1), header: parsed, body: continued(rest, iterator), close };
    }
    if (read.length > HEADER_BYTES_MAX) break;
    const next = await iterator.next();
    if (next.done === true) break;
    read = Buffer.concat([read, next.value]);
  }
  await iterator.return?.();
  throw backupFault("not-a-backup", { path });
}

async function* continued(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

function parseHeader(text: string): SealHeader | null {
  try {
    return sealShape.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    // No JSON is no header of ours; the caller names the file.
    return null;
  }
}

/** Whether a file's beginning says that a passphrase opens it. Raises a fault where it is no backup. */
export async function isSealed(source: AsyncIterable<Uint8Array>, path: string): Promise<boolean> {
  const { header, close } = await splitHeader(source, path);
  await close();
  return header.seal === "passphrase";
}

/**
 * What was sealed, each piece only after it was found whole and in its place. Raises a fault, named by `path`, for a file
 * that is none of ours, another passphrase, and any byte that was changed, moved, repeated, added or cut off.
 */
export async function* openChunks(
  source: AsyncIterable<Uint8Array>,
  passphrase: Passphrase,
  path: string,
): AsyncGenerator<Uint8Array> {
  const { line, header, body, close } = await splitHeader(source, path);
  try {
    const key = await keyOf(header, passphrase, path);
    const boundTo = createHash("sha256").update(line).digest();
    let chunk = 0;
    for await (const { piece, isLast } of piecesOf(body, CHUNK_BYTES + TAG_BYTES)) {
      const opened = openChunk(piece, key, nonceOf(chunk, isLast), boundTo);
      if (opened === null) {
        const isFirst = chunk === 0 && header.seal === "passphrase";
        throw backupFault(isFirst ? "does-not-open" : "damaged", { path, found: `chunk ${chunk + 1}` });
      }
      yield opened;
      chunk += 1;
    }
  } finally {
    await close();
  }
}

function openChunk(piece: Buffer, key: Buffer, nonce: Buffer, boundTo: Buffer): Buffer | null {
  if (piece.length < TAG_BYTES) return null;
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(boundTo);
    decipher.setAuthTag(piece.subarray(piece.length - TAG_BYTES));
    return Buffer.concat([decipher.update(piece.subarray(0, piece.length - TAG_BYTES)), decipher.final()]);
  } catch {
    // GCM tells "another key" and "changed bytes" by the same failure; the caller says which file it was.
    return null;
  }
}
