import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { publicJwkFromPem } from "../core/crypto/jwk";
import { readPublicKey as readJwk } from "../core/crypto/public-key";
import { isJsonObject, type JsonObject, parseJson } from "../core/json/parse-json";
import type { PublicJwk } from "../core/shapes/claims";
import { type CommandContext, UsageError } from "./command";

/** A file named on the command line; one that cannot be read is a wrong call. */
export async function readNamedFile(context: CommandContext, name: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(resolve(context.cwd, name)));
  } catch (error) {
    throw new UsageError(`${name} cannot be read${codeOf(error)}`);
  }
}

export async function isFolder(context: CommandContext, name: string): Promise<boolean> {
  try {
    return (await stat(resolve(context.cwd, name))).isDirectory();
  } catch (error) {
    throw new UsageError(`${name} cannot be read${codeOf(error)}`);
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

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
}
