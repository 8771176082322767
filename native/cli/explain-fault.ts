import type { ArchiveFault } from "../core/bundle/archive-fault";
import { type BundleFault, MANIFEST_NAME, SCRIPT_NAME } from "../core/bundle/open-bundle";
import { ARCHIVE_LIMITS } from "../core/bundle/read-archive";
import { type CommandFailure, failure } from "./command";
import { explainManifest } from "./explain-manifest";
import { nameFaults } from "./explain-name";
import { sayBytes } from "./say-bytes";

/** What was judged: a bundle's bytes, or the files of a folder. */
export type Judged = { path: string; bytes: Uint8Array } | { path: string; files: ReadonlyMap<string, Uint8Array> };

/** A bundle's fault in words for its author: which file, which limit, what was there, and what would pass. */
export function explainFault(fault: BundleFault, judged: Judged): CommandFailure {
  const { path } = judged;
  switch (fault.kind) {
    case "archive":
      return explainArchive(fault, judged);
    case "manifest_missing":
      return failure(
        "BUNDLE_MALFORMED",
        `${path}: there is no ${MANIFEST_NAME} at the root`,
        [fault],
        "bulkhead init DIR",
      );
    case "manifest_invalid":
      return failure(
        "MANIFEST_INVALID",
        `${MANIFEST_NAME} of ${path} is not valid`,
        explainManifest(fault.issues, "files" in judged ? judged.files.get(MANIFEST_NAME) : undefined),
      );
    case "page_missing":
      return failure(
        "BUNDLE_MALFORMED",
        `${path}: the page ${JSON.stringify(fault.page)} is declared and not there; its name, with .html, .htm, .xhtml or .js, would be`,
        [fault],
        `add the file, or take it out of /pages in ${MANIFEST_NAME}`,
      );
    case "script_missing":
      return failure(
        "BUNDLE_MALFORMED",
        `${path}: a script program runs ${SCRIPT_NAME} at the root, and there is none`,
        [fault],
        `add ${SCRIPT_NAME}; several sources are bundled into it`,
      );
  }
}

function explainArchive(fault: BundleFault & { kind: "archive" }, judged: Judged): CommandFailure {
  const said = SAID[fault.fault];
  const where = fault.entry === undefined ? "" : ` at ${JSON.stringify(fault.entry)}`;
  const names = fault.fault === "bad_name" && "files" in judged ? nameFaults(judged.files.keys()) : [];
  const size = "bytes" in judged ? `; it has ${sayBytes(judged.bytes.length)}` : "";
  const message = `${judged.path} is refused${where}: ${said}${fault.fault === "too_large" ? size : ""}`;
  return failure("BUNDLE_MALFORMED", message, names.length > 0 ? names : [fault]);
}

const { packedBytes, unpackedBytes, entries, ratio } = ARCHIVE_LIMITS;
const SAID = {
  too_large: `a bundle has at most ${sayBytes(packedBytes)} packed, and unpacked at most ${sayBytes(unpackedBytes)} and ${ratio} times its packed size`,
  not_one_archive: "these bytes are not one ZIP archive and nothing else",
  too_many_entries: `it has more than ${entries} entries`,
  bad_record: "a record of the archive cannot be read",
  bad_name: "a file's name is none that every system can write; plain names of at most 255 bytes would pass",
  duplicate_name: "some system would hold two names to be one, as by letter case alone; different names would pass",
  unsupported:
    "an entry is no plain file or folder, or is packed in a way that is not taken; deflated and stored files would pass",
  records_disagree: "the archive says two things of one file",
  bad_layout: "the archive has bytes that belong to no file",
  bad_data: "a file's content is not what the archive says of it",
  too_many_blocks: "a file is packed in more blocks than any packer makes",
} as const satisfies Record<ArchiveFault, string>;
