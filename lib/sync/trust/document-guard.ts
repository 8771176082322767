import { desc, eq } from "drizzle-orm";
import { z } from "zod";
import type { StoredDocument } from "@/db/newest-document";
import { auditEntries } from "@/db/schema";
import type { Database } from "@/db/store";
import type { AuditAction } from "@/lib/audit/actions";
import { AppError } from "@/lib/platform/errors";
import { verifySignedDocument } from "@/native/core/audit/signed-document";
import { isNewerPosition, NO_POSITION, type Position, positionOf } from "@/native/core/documents/position";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import { nodeCrypto } from "@/native/node/crypto";
import type { KeysetChain } from "./keyset-chain";

export type DocumentFault = { name: string; says: string; remedy: string };

/** What is handed out, held to its signature: once for each stored document, however often it is served. */
export type DocumentGuard = {
  /**
   * Raises `unavailable`, naming the document, where the newest row is not what a policy key of a walked keyset signed
   * for this program at this position, or stands below one that this process has seen.
   */
  require(db: Database, row: StoredDocument): Promise<void>;
  /** Which documents are not handed out, from when they were last asked for. */
  faults(): DocumentFault[];
};

const KEPT_MAX = 4_000;
const RETRY_SECONDS = 30;

const nameOf = ({ kind, appId }: Pick<StoredDocument, "kind" | "appId">) =>
  kind === "platform" ? "The platform document" : `The document of ${appId}`;
/** Everything of a row that is served or steers what is. */
const markOf = ({ kind, appId, epoch, revision, sha256, jws }: StoredDocument) =>
  [kind, appId, epoch, revision, sha256, jws].join("\n");

/** Whether a policy key of one of these keysets signed the row's text, and for this place. No clock is asked. */
async function isGenuine(row: StoredDocument, keysets: readonly KeysetClaims[]): Promise<boolean> {
  const platform = keysets[0]?.platform ?? "";
  const verdict = verifySignedDocument(row.jws, { platform, keysets, crypto: nodeCrypto });
  if (!verdict.ok) return false;
  const { epoch, revision, appId, payloadSha256 } = verdict.document;
  return epoch === row.epoch && revision === row.revision && appId === row.appId && payloadSha256 === row.sha256;
}

/** Where the platform document stood at the newest publish that the log tells of. */
async function publishedAt(db: Database): Promise<Position> {
  const [entry] = await db
    .select({ after: auditEntries.after })
    .from(auditEntries)
    .where(eq(auditEntries.action, "document.publish" satisfies AuditAction))
    .orderBy(desc(auditEntries.sequence))
    .limit(1);
  const read = publishShape.safeParse(entry?.after);
  return read.success ? read.data.platform : NO_POSITION;
}
const publishShape = z.object({ platform: z.object({ epoch: z.int(), revision: z.int() }) });

export function createDocumentGuard(chain: KeysetChain): DocumentGuard {
  const verified = new Map<string, { mark: string; at: Position }>();
  const faulty = new Map<string, DocumentFault>();

  function refuse(row: StoredDocument, what: string): never {
    const name = nameOf(row);
    const says = `${name} in the database, revision ${row.revision}, ${what}: somebody changed rows of the database, or they were lost.`;
    const remedy =
      "It is not handed out, nor an older one; devices keep what they have. Any publish signs it anew; look first who wrote to the database (Audit page, Verify).";
    if (faulty.size < KEPT_MAX) faulty.set(name, { name, says, remedy });
    throw new AppError("unavailable", `${says} ${remedy}`, { retryAfterSeconds: RETRY_SECONDS });
  }

  return {
    async require(db, row) {
      const name = nameOf(row);
      const mark = markOf(row);
      const known = verified.get(name);
      if (known?.mark !== mark) {
        const signed = row.kind === "platform" ? await publishedAt(db) : NO_POSITION;
        const highest = known !== undefined && isNewerPosition(known.at, signed) ? known.at : signed;
        if (isNewerPosition(highest, row)) refuse(row, `is older than revision ${highest.revision}, which was signed`);
        const keysets = (await chain.require(db)).map(({ claims }) => claims);
        if (!(await isGenuine(row, keysets))) refuse(row, "is not what was signed");
        if (verified.size >= KEPT_MAX) verified.clear();
        verified.set(name, { mark, at: positionOf(row) });
      }
      faulty.delete(name);
    },
    faults: () => [...faulty.values()],
  };
}
