import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { ARCHIVE_LIMITS } from "../core/bundle/read-archive";
import { publicJwkFromPem } from "../core/crypto/jwk";
import { readPublicKey as readJwk } from "../core/crypto/public-key";
import { isJsonObject, type JsonObject, parseJson } from "../core/json/parse-json";
import type { PublicJwk } from "../core/shapes/claims";
import { type CommandContext, UsageError } from "./command";
import { sayBytes } from "./say-bytes";

/** The largest thing that is read whole: a bundle. */
const BYTES_MAX = ARCHIVE_LIMITS.packedBytes;

/** A file named on the command line, or a pipe; one that cannot be read, or is larger than any bundle, is a wrong call. */
export async function readNamedFile(context: CommandContext, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(resolve(context.cwd, name)) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > BYTES_MAX) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw new UsageError(`${name} cannot be read${sayFileError(error)}`);
  }
  if (bytes > BYTES_MAX)
    throw new UsageError(`${name} has more than ${sayBytes(BYTES_MAX)}, which is more than is taken`);
  return new Uint8Array(Buffer.concat(chunks));
}

export async function isFolder(context: CommandContext, name: string): Promise<boolean> {
  try {
    return (await stat(resolve(context.cwd, name))).isDirectory();
  } catch (error) {
    throw new UsageError(`${name} cannot be read${sayFileError(error)}`);
  }
}

export async function readJsonFile(context: CommandContext, name: string): Promise<JsonObject> {
  const parsed = parseJson(await readNamedFile(context, name));
  if (!parsed.ok || !isJsonObject(parsed.value)) throw new UsageError(`${name} is no JSON object`);
  return parsed.value;
}

/** A public key as PEM or as JWK. */
export async function readPublicKey(context: CommandContext, name: string): Promise<PublicJwk> {
  const bytes = await readNamedFile(context, name);
  const fromPem = publicJwkFromPem(new TextDecoder().decode(bytes));
  if (fromPem !== undefined) return fromPem;
  const parsed = parseJson(bytes);
  const jwk = parsed.ok ? readJwk(parsed.value) : undefined;
  if (jwk === undefined) throw new UsageError(`${name} is no public key of P-256, neither PEM nor JWK`);
  return jwk;
}

const FILE_WORDS: Readonly<Record<string, string>> = {
  ENOENT: "nothing of that name is there",
  ENOTDIR: "a part of the path is no folder",
  EISDIR: "it is a folder",
  EEXIST: "it is there already",
  EACCES: "you may not",
  EPERM: "you may not",
  EROFS: "its disk takes no changes",
  ENAMETOOLONG: "the name is too long",
};

/** Why a file system refused, in words with its code; "" of an error that has none. */
export function sayFileError(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) return "";
  const code = String(error.code);
  const words = FILE_WORDS[code];
  return words === undefined ? ` (${code})` : `: ${words} (${code})`;
}
