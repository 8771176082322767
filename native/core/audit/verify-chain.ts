import { canonicalJson } from "./canonical-json";
import type { ChainProblem } from "./problems";

export type { ChainProblem };

/** What the first entry names as its predecessor. */
export const CHAIN_START = "0".repeat(64);

export type AuditHead = { sequence: number; sha256: string };
/** SHA-256; on devices and in browsers it answers later. */
export type Digest = (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;

export type ChainFinding = { entries: number; head: AuditHead | null } & (
  | { isWhole: true }
  | { isWhole: false; firstBadSequence: number; problem: ChainProblem }
);
export type ChainStep = { ok: true; head: AuditHead } | { ok: false; sequence: number; problem: ChainProblem };

/** SHA-256, in lower-case hex, over the canonical JSON of an entry without its own `sha256`. */
export async function auditEntrySha256(entry: Readonly<Record<string, unknown>>, digest: Digest): Promise<string> {
  const { sha256: _, ...rest } = entry;
  const bytes = await digest(new TextEncoder().encode(canonicalJson(rest)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A walk over a log's entries, one after the other: parsed JSON values. A step that fails ends it. */
export class ChainWalk {
  /** The last entry that follows from the first. */
  head: AuditHead | null = null;

  constructor(private readonly digest: Digest) {}

  /** Judges the entry that stands next in the log. */
  async step(entry: unknown): Promise<ChainStep> {
    const expected = (this.head?.sequence ?? 0) + 1;
    const bad = (problem: ChainProblem): ChainStep => ({ ok: false, sequence: expected, problem });
    if (typeof entry !== "object" || entry === null) return bad("MALFORMED");
    const { sequence, previousSha256, sha256 } = entry as Record<string, unknown>;
    if (typeof sequence !== "number" || typeof previousSha256 !== "string" || typeof sha256 !== "string") {
      return bad("MALFORMED");
    }
    if (sequence !== expected) return bad("SEQUENCE");
    if (previousSha256 !== (this.head?.sha256 ?? CHAIN_START)) return bad("PREVIOUS");
    let own: string;
    try {
      own = await auditEntrySha256(entry as Record<string, unknown>, this.digest);
    } catch (error) {
      if (error instanceof TypeError) return bad("MALFORMED");
      throw error;
    }
    if (own !== sha256) return bad("DIGEST");
    this.head = { sequence, sha256 };
    return { ok: true, head: this.head };
  }
}

/**
 * Walks a log from its first entry, as exported: parsed JSON values in order. `heads` are ends of the log that somebody
 * else keeps (earlier exports): each must lie on it. Names the first sequence that is wrong. It proves nothing against
 * whoever can rewrite the log and its ends: `verifyAuditLog` does.
 */
export async function verifyAuditChain(
  entries: AsyncIterable<unknown> | Iterable<unknown>,
  options: { digest: Digest; heads?: readonly AuditHead[] },
): Promise<ChainFinding> {
  const heads = (options.heads ?? []).filter((head) => head.sequence > 0);
  const walk = new ChainWalk(options.digest);
  const bad = (firstBadSequence: number, problem: ChainProblem): ChainFinding => ({
    isWhole: false,
    entries: walk.head?.sequence ?? 0,
    head: walk.head,
    firstBadSequence,
    problem,
  });
  for await (const entry of entries) {
    const step = await walk.step(entry);
    if (!step.ok) return bad(step.sequence, step.problem);
    const { sequence, sha256 } = step.head;
    if (heads.some((seen) => seen.sequence === sequence && seen.sha256 !== sha256)) return bad(sequence, "REWRITTEN");
  }
  const end = walk.head?.sequence ?? 0;
  if (heads.some((seen) => seen.sequence > end)) return bad(end + 1, "TRUNCATED");
  return { isWhole: true, entries: end, head: walk.head };
}
