import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { utf8Text } from "../../core/crypto/encoding";
import { union } from "../../core/device/sorted";
import type { DocumentState, Trust } from "../../core/device/state";
import type { HostLog } from "../ports";
import type { DurableFiles } from "./durable-files";
import { enrolmentShape } from "./enrolment";
import { readCopies } from "./two-copies";

const counter = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
const seconds = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
const position = z.object({ epoch: counter, revision: counter, sha256: sha256Hex });
const documentState = z.object({
  floor: position,
  good: position.extend({ file: sha256Hex, etag: z.string().max(256).optional() }).nullable(),
});

/** The record of the first form: enrolment and trust as one, received documents beside it in `documents`, by digest. */
export const formerRecordShape = z.object({
  form: z.literal(1),
  enrolment: enrolmentShape,
  keyset: z.object({ epoch: counter, revision: counter, file: sha256Hex }).nullable(),
  time: z.object({ lastVerifiedIat: seconds, mark: seconds }),
  platform: documentState.nullable(),
  programs: z.record(z.string(), documentState),
  held: z.object({ byPlatform: z.array(z.string()), byProgram: z.array(z.string()) }),
  refusals: z.array(sha256Hex).max(128),
});
type FormerRecord = z.infer<typeof formerRecordShape>;

/**
 * What a record of the first form says, in the second. A document of which both copies are damaged is null and logged;
 * its floor stays. Rejects where a document's copies can't be read at all.
 */
export async function upgradeRecord(
  record: FormerRecord,
  from: { files: DurableFiles; documents: string; log: HostLog },
): Promise<Trust> {
  const { time, held, refusals } = record;

  async function upgradeKeyset(): Promise<Trust["keyset"]> {
    if (!record.keyset) return null;
    const { epoch, revision, file } = record.keyset;
    const jws = await readDocument(file, from);
    return jws === undefined ? null : { epoch, revision, jws };
  }
  async function upgradeState(state: FormerRecord["platform"]): Promise<DocumentState | null> {
    if (!state?.good) return state && { floor: state.floor, good: null };
    const { file, etag = null, ...at } = state.good;
    const jws = await readDocument(file, from);
    return { floor: state.floor, good: jws === undefined ? null : { ...at, jws, etag } };
  }

  const programs: Record<string, DocumentState> = {};
  for (const [appId, state] of Object.entries(record.programs)) {
    const upgraded = await upgradeState(state);
    if (upgraded) programs[appId] = upgraded;
  }
  return {
    form: 2,
    keyset: await upgradeKeyset(),
    time,
    platform: await upgradeState(record.platform),
    programs,
    held: { byPlatform: union(held.byPlatform), byProgram: union(held.byProgram) },
    refusals,
  };
}

async function readDocument(
  file: string,
  { files, documents, log }: { files: DurableFiles; documents: string; log: HostLog },
): Promise<string | undefined> {
  const { found, failure } = await readCopies(files, [join(documents, `${file}.a`), join(documents, `${file}.b`)]);
  const whole = found.map((bytes) => bytes && createHash("sha256").update(bytes).digest("hex") === file);
  const damaged = found.filter((bytes, index) => bytes && !whole[index]).length;
  if (damaged > 0) log("error", "state_copy_damaged", { file, copies: damaged });
  const bytes = found[whole.indexOf(true)];
  if (!bytes && failure !== undefined) throw failure;
  const text = bytes && utf8Text(bytes);
  if (text === undefined) log("error", "state_document_lost", { file });
  return text;
}
