import { createHash, sign } from "node:crypto";
import { nodeCrypto } from "../../../node/crypto";
import { makeKeyPair } from "../../../node/make-key-pair";
import { thumbprint } from "../../crypto/jwk";
import { publicKeyShape } from "../../crypto/public-key";
import { type SignBytes, signCompact, signKeyset } from "../../documents/sign-document";
import type { RootTrust } from "../../documents/verify-keyset";
import type { KeysetClaims, NamedKey } from "../../shapes/claims";
import { signAuditHead } from "../audit-head";
import { type AuditHead, auditEntrySha256, CHAIN_START } from "../verify-chain";

export const PLATFORM = "super.test";
const NOW = 1_700_000_000;
const DAY = 86_400;
const sha256 = (data: Uint8Array) => new Uint8Array(createHash("sha256").update(data).digest());

export type Entry = Record<string, unknown> & { sequence: number; previousSha256: string; sha256: string };
type Signer = NamedKey & { sign: SignBytes };

function makeSigner(kid: string): Signer {
  const pair = makeKeyPair();
  return {
    kid,
    jwk: publicKeyShape.parse(pair.publicKey.export({ format: "jwk" })),
    sign: async (data) => new Uint8Array(sign("sha256", data, { key: pair.privateKey, dsaEncoding: "ieee-p1363" })),
  };
}

/** Keys that all logs of a run share: nobody who tampers has one of them. */
const roots = [makeSigner("root-a"), makeSigner("root-b")];
const policies = [makeSigner("policy-1"), makeSigner("policy-2"), makeSigner("policy-3")];
export const stranger = makeSigner("policy-1");
export const logSigner = (epoch: number): Signer => policies[epoch - 1] ?? stranger;
const named = ({ kid, jwk }: Signer): NamedKey => ({ kid, jwk });

export async function rootTrust(): Promise<RootTrust> {
  return { rootThumbprints: roots.map(({ jwk }) => thumbprint(jwk, nodeCrypto)), threshold: 2 };
}

/** An entry with the digests that belong to it. */
export async function sealEntry(entry: Record<string, unknown>, before: AuditHead | undefined): Promise<Entry> {
  const { sha256: _, ...rest } = entry;
  const line = { ...rest, sequence: (before?.sequence ?? 0) + 1, previousSha256: before?.sha256 ?? CHAIN_START };
  return { ...line, sha256: await auditEntrySha256(line, sha256) };
}

/** A log as a policy service writes it, with all that it keeps beside it. Whoever can write to the store can change any of it. */
export class SignedLog {
  keysets: string[] = [];
  entries: Entry[] = [];
  /** Heads in the table, in the file of the day and in the journal. */
  table: string[] = [];
  file: string[] = [];
  journal: string[] = [];
  documents: string[] = [];
  private keysetRevision = 0;
  epoch = 0;
  private now = NOW;
  private readonly revisions = new Map<string, number>();

  get end(): number {
    return this.entries.at(-1)?.sequence ?? 0;
  }

  async append(action: string, after: unknown = null): Promise<Entry> {
    this.now += 1;
    const entry = await sealEntry({ action, after, at: "2026-01-01T00:00:00.000Z" }, this.entries.at(-1));
    this.entries.push(entry);
    return entry;
  }

  /** A new keyset; of a new epoch, with a policy key of its own. */
  async publishKeyset(changes: Partial<KeysetClaims> = {}): Promise<void> {
    this.keysetRevision += 1;
    if (this.epoch < policies.length) {
      this.epoch += 1;
      this.revisions.clear();
    }
    const claims: KeysetClaims = {
      schema: 1,
      platform: PLATFORM,
      epoch: this.epoch,
      revision: this.keysetRevision,
      iat: NOW - 400 * DAY,
      exp: NOW - 250 * DAY,
      environment: "production",
      keys: [named(logSigner(this.epoch))],
      rootKeys: roots.map(named),
      threshold: 2,
      ...changes,
    };
    const jws = await signKeyset({ claims, signers: roots });
    this.keysets.push(jws);
    const { payload } = JSON.parse(jws) as { payload: string };
    const digest = createHash("sha256").update(Buffer.from(payload, "base64url")).digest("hex");
    await this.append("keyset.publish", { epoch: claims.epoch, revision: claims.revision, sha256: digest });
    await this.publish([]);
  }

  /** The documents of these programs and the platform document, each named by the log, and the head with them. */
  async publish(appIds: readonly string[]): Promise<void> {
    await this.append("changeSet.publish");
    const programs = await this.signPrograms(appIds);
    const revision = this.nextRevision("");
    await this.append("document.publish", { platform: { epoch: this.epoch, revision }, programs });
    await this.signPlatform(revision);
    await this.signHead();
  }

  /** A part of what is signed again: programs' documents alone, named by the log. */
  async resign(appIds: readonly string[]): Promise<void> {
    await this.append("document.resign", { programs: await this.signPrograms(appIds), left: 1 });
  }

  private async signPrograms(appIds: readonly string[]) {
    const programs: { appId: string; epoch: number; revision: number; sha256: string }[] = [];
    for (const appId of appIds) {
      const revision = this.nextRevision(appId);
      const jws = await this.signProgram(appId, revision);
      const payload = Buffer.from(jws.split(".")[1] ?? "", "base64url");
      programs.push({ appId, epoch: this.epoch, revision, sha256: createHash("sha256").update(payload).digest("hex") });
    }
    return programs;
  }

  /** As versions did that named no document and signed no head. */
  async publishUnnamed(): Promise<void> {
    await this.append("changeSet.publish");
    await this.signPlatform(this.nextRevision(""));
  }

  signProgram(appId: string, revision: number, more: Record<string, unknown> = {}): Promise<string> {
    return this.signDocument("bulkhead-program", { appId, revision, exp: NOW + DAY, ...more });
  }

  /** A platform document that tells where the log ends now. */
  async signPlatform(revision: number): Promise<void> {
    const { sequence, sha256: digest } = this.entries.at(-1) ?? { sequence: 0, sha256: CHAIN_START };
    await this.signDocument("bulkhead-platform", {
      revision,
      exp: NOW + DAY,
      limits: {},
      blockedHosts: [],
      suspended: [],
      minRevisions: {},
      minRuntime: {},
      telemetry: { intervalSeconds: 60, sampling: 100 },
      auditHead: { sequence, sha256: digest },
    });
  }

  async signHead(): Promise<void> {
    const last = this.entries.at(-1);
    if (last === undefined || this.table.some((jws) => headOf(jws).sequence === last.sequence)) return;
    const { sequence, sha256: digest } = last;
    const claims = {
      schema: 1,
      platform: PLATFORM,
      epoch: this.epoch,
      sequence,
      sha256: digest,
      iat: this.now,
    } as const;
    const jws = await signAuditHead(claims, logSigner(this.epoch));
    this.table.push(jws);
    this.file.push(jws);
    this.journal.push(jws);
  }

  /** Ten ordinary things, each followed by its head: what goes on after somebody tampered. */
  async goOn(): Promise<void> {
    for (let round = 0; round < 10; round += 1) {
      if (round % 2 === 0) await this.publish([`com.example.${round}`]);
      else {
        await this.append("session.signIn");
        await this.signHead();
      }
    }
  }

  /** As the server exports it: heads by sequence, each with where it is kept. */
  records(): unknown[] {
    const heads = [...new Set([...this.table, ...this.file, ...this.journal])].toSorted(
      (a, b) => (headOf(a).sequence ?? 0) - (headOf(b).sequence ?? 0),
    );
    const places = { table: this.table, file: this.file, journal: this.journal };
    return [
      ...this.keysets.map((keyset) => ({ keyset })),
      ...heads.map((head) => ({
        head,
        kept: Object.entries(places).flatMap(([place, kept]) => (kept.includes(head) ? [place] : [])),
      })),
      ...this.documents.map((document) => ({ document })),
      ...this.entries,
    ];
  }

  /** Nothing signed is left but keysets. */
  forget(): void {
    this.table = [];
    this.file = [];
    this.journal = [];
    this.documents = [];
  }

  copy(): SignedLog {
    const copy = new SignedLog();
    Object.assign(copy, structuredClone({ ...this }));
    return copy;
  }

  private nextRevision(appId: string): number {
    const revision = (this.revisions.get(appId) ?? 0) + 1;
    this.revisions.set(appId, revision);
    return revision;
  }

  private async signDocument(typ: string, members: Record<string, unknown>): Promise<string> {
    const claims = { schema: 1, platform: PLATFORM, epoch: this.epoch, iat: this.now, ...members };
    const { kid, sign: signBytes } = logSigner(this.epoch);
    const jws = await signCompact({ typ, kid, claims, sign: signBytes });
    this.documents.push(jws);
    return jws;
  }
}

/** What a compact JWS says, unverified. */
export function headOf(jws: string): { sequence?: number; sha256?: string } {
  try {
    return JSON.parse(Buffer.from(jws.split(".")[1] ?? "", "base64url").toString("utf8"));
  } catch {
    return {};
  }
}
