import { z } from "zod";
import type { CryptoPort } from "../crypto/port";
import { comparePositions, isNewerPosition, type Position } from "../documents/position";
import type { RootTrust } from "../documents/verify-keyset";
import { verifyAuditHead } from "./audit-head";
import { type DatedHead, HEAD_PLACES, HeadList, type HeadPlace } from "./head-list";
import { KeysetWalk } from "./keyset-walk";
import { type LogFinding, LogFindings } from "./log-findings";
import type { AuditProblem } from "./problems";
import { type SignedDocument, verifySignedDocument } from "./signed-document";
import { type AuditHead, ChainWalk, type Digest } from "./verify-chain";

export type VerifyLogOptions = {
  /** The root keys that the platform began with, known from elsewhere: never from the log. */
  trust: RootTrust;
  /** Absent: the one that the root keys signed. */
  platform?: string;
  /** Signed heads that were kept elsewhere, each a JWS; undefined is a line that could not be read. */
  otherHeads?: AsyncIterable<string | undefined> | Iterable<string | undefined>;
  /** Ends of the log that somebody noted, unsigned. */
  ends?: readonly AuditHead[];
  /**
   * What was signed before the time of an entry that calls itself a loss (`store.restore`, `audit.loss`), of an entry at or behind
   * it, contradicts nothing. Whoever can write to the log can write such an entry: for those who know of the loss.
   */
  admitsLoss?: boolean;
  crypto: CryptoPort;
  digest: Digest;
};

export type LogVerdict = {
  isWhole: boolean;
  /** Entries that follow from the first, and where they end. */
  entries: number;
  head: AuditHead | null;
  /** Verified up to the roots: heads, those kept elsewhere too, platform and program documents, keysets. */
  heads: number;
  documents: number;
  keysets: number;
  /** The last entry that something signed vouches for: those after it could still be changed unseen. */
  vouchedSequence: number;
  /** Heads and carried heads that were set aside, since the log calls what they vouched for lost. */
  lost: number;
  /** The lowest entry of all findings, and the problem there; null where it is whole, or no entry can be told. */
  firstBadSequence: number | null;
  problem: AuditProblem | null;
  /** The first ones, by entry; `findingsTotal` counts all. */
  findings: LogFinding[];
  findingsTotal: number;
};

const keysetRecord = z.strictObject({ keyset: z.union([z.string(), z.looseObject({})]) });
const headRecord = z.strictObject({ head: z.string(), kept: z.array(z.enum(HEAD_PLACES)) });
const documentRecord = z.strictObject({ document: z.string() });

const position = { epoch: z.int().min(1), revision: z.int().min(1) };
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** `after` of the kinds of entries that name what was signed (spec 8.10). */
const namedPrograms = z.array(z.object({ appId: z.string().min(1), ...position, sha256 }));
const publishedDocuments = z.object({ platform: z.object(position), programs: namedPrograms });
const resignedDocuments = z.object({ programs: namedPrograms });
const raisedFloor = z.object({ floor: z.object(position) });
const publishedKeyset = z.object({ ...position, sha256: sha256.exactOptional() });

/**
 * Verifies an audit log from the records of its export alone (spec 8.8 to 8.12), parsed JSON values in order; undefined is a
 * line that could not be read. Keysets are walked from the root keys, heads and documents are verified by them, each must
 * lie on the log, and what the log names must be there and nothing else. What is not known is a finding, and nothing is
 * thrown for what a record holds. It reads to the first entry that does not follow, and no further than the keysets where
 * none follows from the root keys. Entries are not kept; a head takes 49
 * bytes, a document some hundreds.
 */
export async function verifyAuditLog(
  records: AsyncIterable<unknown> | Iterable<unknown>,
  options: VerifyLogOptions,
): Promise<LogVerdict> {
  const log = new LogVerifier(options);
  for await (const record of records) {
    await log.take(record);
    if (log.isBroken) break;
  }
  return await log.finish();
}

/** Entries that say that others were lost. */
const LOSSES: readonly unknown[] = ["store.restore", "audit.loss"];

type KnownDocument = SignedDocument & { isNamed: boolean };

class LogVerifier {
  /** The chain does not go on: nothing after this place can be told. */
  isBroken = false;
  private stage: "keysets" | "heads" | "entries" = "keysets";
  private line = 0;
  private readonly findings = new LogFindings();
  private readonly keysets: KeysetWalk;
  private refusedKeyset: { finding: LogFinding; revision: number } | undefined;
  private readonly chain: ChainWalk;
  private readonly heads = new HeadList();
  /** Heads that platform documents carry, that were kept elsewhere, and that somebody noted. */
  private readonly carried = new HeadList();
  private readonly elsewhere = new HeadList();
  private readonly noted = new HeadList();
  private lastHead = 0;
  private keptFrom: Readonly<Record<HeadPlace, number>> = { table: 0, file: 0, journal: 0 };
  private headsFrom = 0;
  private readonly documents = new Map<string, KnownDocument>();
  private readonly counts = { heads: 0, documents: 0 };
  private readonly namedKeysets = new Set<number>();
  /** Where each program was named first. */
  private readonly namedPrograms = new Map<string, Position & { sequence: number }>();
  private firstPublish: number | null = null;
  /** Positions behind which revisions went on after a loss (spec 7.8). */
  private readonly floors = new Set<string>();
  /** Until when something was signed that the log, so far, may call lost. */
  private lostUntilSeconds = Number.NEGATIVE_INFINITY;
  private vouched = 0;
  private lost = 0;

  constructor(private readonly options: VerifyLogOptions) {
    this.keysets = new KeysetWalk(options);
    this.chain = new ChainWalk(options.digest);
  }

  async take(record: unknown): Promise<void> {
    this.line += 1;
    const kind = kindOf(record);
    if (this.stage === "keysets" && kind !== "keyset" && kind !== "unknown") this.leaveKeysets();
    if (this.isBroken) return;
    if (kind === "entry" || (kind === "unknown" && this.stage === "entries")) {
      if (this.stage !== "entries") await this.beginEntries();
      await this.takeEntry(record);
    } else if (kind === "unknown" || this.stage === "entries" || (kind === "keyset" && this.stage === "heads")) {
      this.report("RECORD", null);
    } else if (kind === "keyset") {
      await this.takeKeyset(record);
    } else {
      await (kind === "head" ? this.takeHead(record) : this.takeDocument(record));
    }
  }

  async finish(): Promise<LogVerdict> {
    if (this.stage === "keysets") this.leaveKeysets();
    if (this.stage === "heads" && !this.isBroken) await this.beginEntries();
    if (!this.isBroken) this.judgeWhole();
    const { head } = this.chain;
    this.findings.lowerTo(this.vouched + 1);
    const findings = this.findings.list();
    return {
      isWhole: this.findings.total === 0,
      entries: head?.sequence ?? 0,
      head,
      heads: this.counts.heads,
      documents: this.counts.documents,
      keysets: this.keysets.claims.length,
      vouchedSequence: this.vouched,
      lost: this.lost,
      firstBadSequence: findings[0]?.sequence ?? null,
      problem: findings[0]?.problem ?? null,
      findings,
      findingsTotal: this.findings.total,
    };
  }

  private async takeKeyset(record: unknown): Promise<void> {
    const read = keysetRecord.safeParse(record);
    if (!read.success) {
      this.report("RECORD", null);
      return;
    }
    const { keyset } = read.data;
    const code = await this.keysets.take(typeof keyset === "string" ? keyset : JSON.stringify(keyset));
    if (code === undefined) return;
    const finding: LogFinding = { problem: "KEYSET_REFUSED", sequence: null, line: this.line, code };
    this.findings.add(finding);
    // Which entry told of it is known when that comes.
    this.refusedKeyset ??= { finding, revision: (this.keysets.claims.at(-1)?.revision ?? 0) + 1 };
  }

  private async takeHead(record: unknown): Promise<void> {
    const read = headRecord.safeParse(record);
    if (!read.success) {
      this.report("RECORD", null);
      return;
    }
    const verdict = await this.verifyHead(read.data.head);
    if (verdict.result === "refused") {
      // It would have vouched for what follows the head before it.
      this.report("HEAD_REFUSED", this.lastHead + 1, { code: verdict.code });
      return;
    }
    if (verdict.claims.sequence < this.lastHead) this.report("RECORD", null, { detail: "heads stand by sequence" });
    this.lastHead = Math.max(this.lastHead, verdict.claims.sequence);
    this.heads.add(verdict.claims, read.data.kept);
    this.counts.heads += 1;
  }

  private verifyHead(jws: string) {
    const { platform, claims: keysets } = this.keysets;
    return verifyAuditHead(jws, { platform, keysets, crypto: this.options.crypto });
  }

  private async takeDocument(record: unknown): Promise<void> {
    const read = documentRecord.safeParse(record);
    if (!read.success) {
      this.report("RECORD", null);
      return;
    }
    const { platform, claims: keysets } = this.keysets;
    const verdict = verifySignedDocument(read.data.document, { platform, keysets, crypto: this.options.crypto });
    if (!verdict.ok) {
      this.report("DOCUMENT_REFUSED", null, { code: verdict.code });
      return;
    }
    const { document } = verdict;
    // What it carries is signed, and so evidence, even where another document stands in its place.
    if (document.auditHead !== null) this.carried.add(document.auditHead);
    this.counts.documents += 1;
    const key = documentKey(document);
    const known = this.documents.get(key);
    if (known === undefined) {
      this.documents.set(key, { ...document, isNamed: false });
    } else if (known.payloadSha256 !== document.payloadSha256) {
      const sequence = document.auditHead?.sequence ?? null;
      this.report("DOCUMENT_REFUSED", sequence, { code: "CONFLICT", detail: nameOf(document) });
    }
  }

  /** Without any keyset that follows from the root keys nothing signed can be verified. */
  private leaveKeysets(): void {
    this.stage = "heads";
    if (this.keysets.claims.length > 0) return;
    this.isBroken = true;
    if (this.refusedKeyset === undefined) this.reportWhole("KEYSET_MISSING", 1, "no keyset comes before the entries");
    else this.refusedKeyset.finding.sequence = 1;
  }

  /** All that was signed is there. */
  private async beginEntries(): Promise<void> {
    this.stage = "entries";
    for (const end of this.options.ends ?? [])
      if (end.sequence > 0) this.noted.add({ ...end, iat: Number.POSITIVE_INFINITY });
    for await (const jws of this.options.otherHeads ?? []) {
      const verdict = await this.verifyHead(jws ?? "");
      if (verdict.result === "refused") {
        this.findings.add({
          problem: "HEAD_REFUSED",
          sequence: null,
          line: null,
          code: verdict.code,
          detail: "of the heads kept elsewhere",
        });
      } else {
        this.elsewhere.add(verdict.claims);
        this.counts.heads += 1;
      }
    }
    for (const list of this.signedLists()) list.close();
    this.noted.close();
    this.headsFrom = this.heads.keptFrom();
    this.keptFrom = { table: 0, file: this.heads.keptFrom("file"), journal: this.heads.keptFrom("journal") };
  }

  private signedLists(): HeadList[] {
    return [this.heads, this.carried, this.elsewhere];
  }

  private async takeEntry(entry: unknown): Promise<void> {
    const step = await this.chain.step(entry);
    if (!step.ok) {
      this.isBroken = true;
      // Where two entries do not fit, either may be the wrong one, or one before them.
      const isBetween = step.problem === "PREVIOUS";
      const detail = isBetween ? { detail: `seen at entry ${step.sequence}` } : {};
      this.report(step.problem, isBetween ? this.vouched + 1 : Math.min(step.sequence, sequenceOf(entry)), detail);
      return;
    }
    const { sequence, sha256: own } = step.head;
    const line = entry as Readonly<Record<string, unknown>>;
    if (LOSSES.includes(line.action)) this.noteLoss(line.at);
    const current = <Head extends DatedHead>(heads: readonly Head[]) =>
      heads.filter((head) => !this.setAside(head, own));
    const heads = current(this.heads.take(sequence));
    const elsewhere = current(this.elsewhere.take(sequence));
    const carried = current(this.carried.take(sequence));
    const signed = [...heads, ...elsewhere, ...carried];
    const others = [...signed, ...this.noted.take(sequence)].filter((head) => head.sha256 !== own);
    if (others.length > 0) {
      this.isBroken = true;
      const signedFirst = Math.min(...others.map(({ iat }) => iat));
      this.report("REWRITTEN", this.firstAfterFork(sequence, signedFirst), { detail: `seen at entry ${sequence}` });
      return;
    }
    if (signed.length > 0) this.vouched = sequence;
    if (heads.length + elsewhere.length > 0) this.judgePlaces(sequence, new Set(heads.flatMap(({ kept }) => kept)));
    const isPublish = line.action === "document.publish";
    if (heads.length === 0 && (isPublish || (carried.length > 0 && sequence >= this.headsFrom))) {
      this.report("HEAD_MISSING", sequence, { detail: "of a publish" });
    }
    if (isPublish) this.judgePublish(sequence, line.after);
    // Older versions wrote how many there were, and named them with the platform document.
    const resigned = line.action === "document.resign" ? resignedDocuments.safeParse(line.after) : undefined;
    if (resigned?.success) this.requirePrograms(sequence, resigned.data.programs);
    if (line.action === "keyset.publish") this.judgeKeysetEntry(sequence, line.after);
    const resumed = line.action === "continuity.resume" ? raisedFloor.safeParse(line.after) : undefined;
    if (resumed?.success) this.floors.add(positionKey(resumed.data.floor));
  }

  private noteLoss(at: unknown): void {
    const atSeconds = typeof at === "string" ? Date.parse(at) / 1000 : Number.NaN;
    if (this.options.admitsLoss !== true || Number.isNaN(atSeconds)) return;
    this.lostUntilSeconds = Math.max(this.lostUntilSeconds, atSeconds);
  }

  /** Whether the head is one of a part that the log calls lost: it is counted, and judged no further. */
  private setAside(head: DatedHead, own?: string): boolean {
    const isLost = head.sha256 !== own && head.iat <= this.lostUntilSeconds;
    if (isLost) this.lost += 1;
    return isLost;
  }

  /**
   * Where the log, up to this entry, may have left the one that something signed at this second was written after. What was
   * signed later vouches for the log that was put in its place.
   */
  private firstAfterFork(sequence: number, iat: number): number {
    return 1 + Math.max(...this.signedLists().map((list) => list.lastBefore(sequence, iat)));
  }

  /** The table keeps each head; the other places each one from their first on. */
  private judgePlaces(sequence: number, kept: ReadonlySet<HeadPlace>): void {
    const missing = HEAD_PLACES.filter((place) => !kept.has(place) && sequence >= this.keptFrom[place]);
    if (missing.length > 0) this.report("HEAD_MISSING", sequence, { detail: `not kept in: ${missing.join(", ")}` });
  }

  /** What the entry says was signed must be there as it says (spec 8.10). */
  private judgePublish(sequence: number, after: unknown): void {
    this.firstPublish ??= sequence;
    const read = publishedDocuments.safeParse(after);
    if (!read.success) {
      this.report("DOCUMENT_MISSING", sequence, { detail: "it names none that can be read" });
      return;
    }
    const { platform, programs } = read.data;
    this.requireDocument(sequence, { appId: "", ...platform }, (known) => known.auditHead?.sequence === sequence);
    this.requirePrograms(sequence, programs);
  }

  private requirePrograms(sequence: number, programs: z.infer<typeof namedPrograms>): void {
    for (const program of programs) {
      this.requireDocument(sequence, program, (known) => known.payloadSha256 === program.sha256);
      if (!this.namedPrograms.has(program.appId)) this.namedPrograms.set(program.appId, { ...program, sequence });
    }
  }

  private requireDocument(
    sequence: number,
    named: Position & { appId: string },
    isIt: (known: KnownDocument) => boolean,
  ): void {
    const known = this.documents.get(documentKey(named));
    if (known !== undefined && isIt(known)) known.isNamed = true;
    else this.report("DOCUMENT_MISSING", sequence, { detail: nameOf(named) });
  }

  private judgeKeysetEntry(sequence: number, after: unknown): void {
    const read = publishedKeyset.safeParse(after);
    const named = read.success ? read.data : undefined;
    const refused = this.refusedKeyset;
    if (refused !== undefined && (named?.revision ?? 0) >= refused.revision) refused.finding.sequence ??= sequence;
    const walked = this.keysets.walked.find(({ claims }) => claims.revision === named?.revision);
    const isIt =
      walked !== undefined &&
      walked.claims.epoch === named?.epoch &&
      (named.sha256 === undefined || named.sha256 === walked.payloadSha256);
    if (isIt) this.namedKeysets.add(walked.claims.revision);
    else this.report("KEYSET_MISSING", sequence, named === undefined ? {} : { detail: `revision ${named.revision}` });
  }

  /** What can be told once the last entry was read. */
  private judgeWhole(): void {
    const end = this.chain.head?.sequence ?? 0;
    this.judgeEnd(end);
    if (this.vouched === 0 && end > 0) this.reportWhole("HEAD_MISSING", 1, "nothing signed vouches for any entry");
    for (const { claims } of this.keysets.walked) {
      const isNamed = this.namedKeysets.has(claims.revision);
      if (!isNamed) this.reportWhole("KEYSET_UNNAMED", null, `revision ${claims.revision}`);
    }
    this.judgeRevisions();
    for (const document of this.documents.values()) {
      const sequence = document.isNamed ? null : this.shouldBeNamedAt(document);
      if (sequence !== null) this.reportWhole("DOCUMENT_UNNAMED", sequence, nameOf(document));
    }
  }

  /** Whether anything was signed behind the last entry: told once, by the lowest entry that may be wrong. */
  private judgeEnd(end: number): void {
    let furthest = 0;
    let signedFirst = Number.POSITIVE_INFINITY;
    for (const list of [...this.signedLists(), this.noted]) {
      for (const head of list.rest()) {
        if (this.setAside(head)) continue;
        furthest = Math.max(furthest, head.sequence);
        signedFirst = Math.min(signedFirst, head.iat);
      }
    }
    if (furthest === 0) return;
    const first = this.firstAfterFork(end + 1, signedFirst);
    this.reportWhole("TRUNCATED", first, `something was signed after entry ${furthest}`);
  }

  /** Platform documents' revisions rise by one in an epoch, but for where signing went on after a loss. */
  private judgeRevisions(): void {
    const platform = [...this.documents.values()].filter(({ appId }) => appId === "").toSorted(comparePositions);
    for (const [index, { epoch, revision }] of platform.entries()) {
      const before = platform[index - 1];
      const last = before?.epoch === epoch ? before.revision : 0;
      if (revision === last + 1 || this.floors.has(positionKey({ epoch, revision: revision - 1 }))) continue;
      const detail = nameOf({ appId: "", epoch, revision: last + 1 });
      this.reportWhole("DOCUMENT_MISSING", (before?.auditHead?.sequence ?? 0) + 1, detail);
    }
  }

  /** Null for a document from before the first that an entry names: older versions named none. */
  private shouldBeNamedAt(document: SignedDocument): number | null {
    if (document.appId !== "") {
      const first = this.namedPrograms.get(document.appId);
      return first !== undefined && isNewerPosition(document, first) ? first.sequence : null;
    }
    const sequence = document.auditHead?.sequence ?? 0;
    return this.firstPublish !== null && sequence >= this.firstPublish ? sequence : null;
  }

  private report(problem: AuditProblem, sequence: number | null, more: Pick<LogFinding, "code" | "detail"> = {}): void {
    this.findings.add({ problem, sequence, line: this.line, ...more });
  }

  private reportWhole(problem: AuditProblem, sequence: number | null, detail: string): void {
    this.findings.add({ problem, sequence, line: null, detail });
  }
}

/** Which entry one calls itself; infinite where it is none. */
function sequenceOf(entry: unknown): number {
  const sequence = typeof entry === "object" && entry !== null && "sequence" in entry ? entry.sequence : undefined;
  return Number.isSafeInteger(sequence) && Number(sequence) >= 1 ? Number(sequence) : Number.POSITIVE_INFINITY;
}

type RecordKind = "keyset" | "head" | "document" | "entry" | "unknown";

function kindOf(record: unknown): RecordKind {
  if (typeof record !== "object" || record === null) return "unknown";
  if (Object.hasOwn(record, "sequence")) return "entry";
  return (["keyset", "head", "document"] as const).find((kind) => Object.hasOwn(record, kind)) ?? "unknown";
}

const positionKey = ({ epoch, revision }: Position) => `${epoch} ${revision}`;
const documentKey = ({ appId, ...at }: Position & { appId: string }) => `${positionKey(at)} ${appId}`;
const nameOf = ({ appId, epoch, revision }: Position & { appId: string }) =>
  `${appId === "" ? "platform document" : `document of ${appId}`}, epoch ${epoch} revision ${revision}`;
