import type { Database } from "../store";
import type { BundleFiles } from "./bundle-files";
import { judgeBytes } from "./judge-bytes";
import { contentOf } from "./move-bundles-out";
import type { NamedBundle, Signer } from "./named-bundles";

export type JudgedBundle = {
  /** What is wrong with it as it lies there, in words. */
  faults: string[];
  /** Of its bytes and signatures together: `changed` also where nobody signed the bytes that are there. */
  state: "kept" | "missing" | "changed";
  /** The signature that row and file are to have; null unless it is kept. */
  signed: { signature: Uint8Array; signer: Signer } | null;
};

/**
 * Reads a bundle piece by piece, from its file or, of before, from its row, and holds it against its digest and against
 * the keys of the versions that need it. Changes nothing. Raises what reading raises.
 */
export async function judgeBundle(db: Database, files: BundleFiles, named: NamedBundle): Promise<JudgedBundle> {
  const { sha256, signers, row } = named;
  const faults = row === null ? ["its row is not there"] : [];
  if (row?.state === "removed") faults.push("its row says that it was removed");
  const isInRow = row?.isInRow === true;
  if (!isInRow && (await files.sizeOf(sha256)) === null) {
    return { faults: [...faults, "its file is not there"], state: "missing", signed: null };
  }
  const beside = isInRow ? null : await files.signatureOf(sha256);
  const signatures = [row?.signature ?? null, beside];
  const pieces = isInRow ? contentOf({ db }, { sha256, sizeBytes: row.sizeBytes }) : files.stream(sha256);
  const judged = await judgeBytes(pieces, { sha256, signers, signatures });
  if (!judged.isSame) {
    return { faults: [...faults, `its ${isInRow ? "row" : "file"} was changed`], state: "changed", signed: null };
  }
  const [ofRow, ofFile] = judged.signed;
  if (row !== null && ofRow === null) faults.push("the signature in its row was changed");
  if (!isInRow && beside === null) faults.push("the signature beside its file is not there");
  if (beside !== null && ofFile === null) faults.push("the signature beside its file was changed");
  // Of two good ones the row's: it was given to devices.
  const signed = ofRow ?? ofFile ?? null;
  return { faults, state: signed === null ? "changed" : "kept", signed };
}
