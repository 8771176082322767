import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openBundle } from "../../core/bundle/open-bundle";
import { readArchive } from "../../core/bundle/read-archive";
import { findOutsideVectors } from "./outside-vectors";

/** Archives of these projects that have one reading and nothing that spec §2 refuses. */
const READ = {
  "zip-go": [
    "crc32-not-streamed.zip",
    "dd.zip",
    "subdir.zip",
    "time-7zip.zip",
    "time-infozip.zip",
    "time-win7.zip",
    "time-winrar.zip",
    "time-winzip.zip",
    "unix.zip",
    "utf8-7zip.zip",
    "utf8-infozip.zip",
    "utf8-winrar.zip",
    "utf8-winzip.zip",
    "winxp.zip",
  ],
  "zip-yauzl/test/success": [
    "big-uncompressed.zip",
    "cygwin-info-zip.zip",
    "deflate.zip",
    "directories.zip",
    "empty.zip",
    "everything.zip",
    "linux-info-zip.zip",
    "streaming.zip",
    "unicode.zip",
    "unix-epoch.zip",
    "windows-7-zip.zip",
    "windows-compressed-folder.zip",
  ],
  "zip-yauzl/test/failure": [],
} as const;

describe.each(Object.entries(READ))("archives of %s", (project, expected) => {
  const { folder, isPresent } = findOutsideVectors(project);

  it.skipIf(!isPresent)("are read where they have one reading, and refused otherwise", () => {
    const files = readdirSync(folder).filter((file) => /\.(zip|notzip|base64)$/.test(file));
    expect(files.length).toBeGreaterThan(20);
    const read = files.filter((file) => readArchive(readArchiveFile(`${folder}/${file}`)).ok);
    expect(read.sort()).toEqual([...expected].sort());
  });
});

describe("mini-programs of the W3C's tests", () => {
  const { folder, isPresent } = findOutsideVectors("w3c-miniapp-tests/tests");

  it.skipIf(!isPresent)("are archives that we read, and no bundles: their manifest is not at the root", () => {
    const files = readdirSync(folder).filter((file) => file.endsWith(".ma"));
    expect(files).toHaveLength(9);
    for (const file of files) {
      const bytes = readArchiveFile(`${folder}/${file}`);
      expect({ file, ok: readArchive(bytes).ok }).toEqual({ file, ok: true });
      expect(openBundle(bytes)).toEqual({ ok: false, reason: { kind: "manifest_missing" } });
    }
  });
});

function readArchiveFile(path: string): Uint8Array {
  const content = readFileSync(path);
  return new Uint8Array(path.endsWith(".base64") ? Buffer.from(content.toString("latin1"), "base64") : content);
}
