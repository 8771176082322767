import type { DocumentCode } from "../codes";
import { isJsonObject, type JsonObject, parseJson } from "../json/parse-json";
import type { DocumentClaims } from "../shapes/claims";
import type { ReadResult } from "./read-claims";

export type RefusalCode = Exclude<DocumentCode, "ACCEPTED">;

/** How far ahead of our clock an `iat` may lie, in seconds (spec §4). */
export const CLOCK_TOLERANCE_SECONDS = 300;

/**
 * Claims of a payload whose signature held: `UNSUPPORTED_SCHEMA` for an integer other than 1, `MALFORMED` for all else
 * that is not as the contract has it, the length of its life included (spec §4, Refusals).
 */
export function readSignedClaims<Claims extends DocumentClaims>(
  payload: Uint8Array,
  read: (raw: JsonObject) => ReadResult<Claims>,
  lifeSecondsMax: number,
): { ok: true; claims: Claims } | { ok: false; code: "UNSUPPORTED_SCHEMA" | "MALFORMED" } {
  const parsed = parseJson(payload);
  if (!parsed.ok || !isJsonObject(parsed.value)) return { ok: false, code: "MALFORMED" };
  const { schema } = parsed.value;
  if (typeof schema === "number" && schema !== 1) return { ok: false, code: "UNSUPPORTED_SCHEMA" };
  const result = read(parsed.value);
  if (!result.ok) return { ok: false, code: "MALFORMED" };
  const life = result.claims.exp - result.claims.iat;
  return life >= 1 && life <= lifeSecondsMax ? result : { ok: false, code: "MALFORMED" };
}

/** `iat` and `exp` against the time of a received document; undefined where both hold (spec §4). */
export function judgeTime(claims: DocumentClaims, now: number): "NOT_YET_VALID" | "EXPIRED" | undefined {
  if (claims.iat > now + CLOCK_TOLERANCE_SECONDS) return "NOT_YET_VALID";
  return now >= claims.exp ? "EXPIRED" : undefined;
}
