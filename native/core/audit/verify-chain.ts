import { canonicalJson } from "./canonical-json";

/** What the first entry names as its predecessor. */
export const CHAIN_START = "0".repeat(64);

export type AuditHead = { sequence: number; sha256: string };
/** SHA-256; on devices and in browsers it answers later. */
export type Digest = (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/**
 * Why a log is not what was written: an entry is `MALFORMED`; one is missing or out of turn (`SEQUENCE`); one does not
 * name its predecessor (`PREVIOUS`) or is not what its digest says (`DIGEST`); the end was cut off (`TRUNCATED`); or it
 * is another log than the one that a witness saw (`REWRITTEN`).
 */
export type ChainProblem = "MALFORMED" | "SEQUENCE" | "PREVIOUS" | "DIGEST" | "TRUNCATED" | "REWRITTEN";
export type ChainFinding = { entries: number; head: AuditHead | null } & (
  | { isWhole: true }
  | { isWhole: false; firstBadSequence: number; problem: ChainProblem }
);

/** SHA-256, in lower-case hex, over the canonical JSON of an entry without its own `sha256`. */
export async function auditEntrySha256(entry: Readonly<Record<string, unknown>>, digest: Digest): Promise<string> {
  const { sha256: _, ...rest } = entry;
  const bytes = await digest(new TextEncoder().encode(canonicalJson(rest)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Walks a log from its first entry, as exported: parsed JSON values in order. `heads` are ends of the log that somebody
 * else keeps (signed platform documents, earlier exports): each must lie on it. Names the first sequence that is wrong.
 */
export async function verifyAuditChain(
  entries: AsyncIterable<unknown> | Iterable<unknown>,
  options: { digest: Digest; heads?: readonly AuditHead[] },
): Promise<ChainFinding> {
  const heads = (options.heads ?? []).filter((head) => head.sequence > 0);
  let head: AuditHead | null = null;
  const bad = (firstBadSequence: number, problem: ChainProblem): ChainFinding => ({
    isWhole: false,
    entries: head?.sequence ?? 0,
    head,
    firstBadSequence,
    problem,
  });
  for await (const entry of entries) {
    const expected: number = (head?.sequence ?? 0) + 1;
    if (typeof entry !== "object" || entry === null) return bad(expected, "MALFORMED");
    const { sequence, previousSha256, sha256 } = entry as Record<string, unknown>;
    if (typeof sequence !== "number" || typeof previousSha256 !== "string" || typeof sha256 !== "string") {
      return bad(expected, "MALFORMED");
    }
    if (sequence !== expected) return bad(expected, "SEQUENCE");
    if (previousSha256 !== (head?.sha256 ?? CHAIN_START)) return bad(expected, "PREVIOUS");
    let own: string;
    try {
      own = await auditEntrySha256(entry as Record<string, unknown>, options.digest);
    } catch (error) {
      if (error instanceof TypeError) return bad(expected, "MALFORMED");
      throw error;
    }
    if (own !== sha256) return bad(expected, "DIGEST");
    if (heads.some((seen) => seen.sequence === sequence && seen.sha256 !== sha256)) return bad(sequence, "REWRITTEN");
    head = { sequence, sha256 };
  }
  const end = head?.sequence ?? 0;
  if (heads.some((seen) => seen.sequence > end)) return bad(end + 1, "TRUNCATED");
  return { isWhole: true, entries: end, head };
}
