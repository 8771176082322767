import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { packBundle } from "../../core/bundle/pack-bundle";
import { type Command, textOption } from "../command";
import { explainFault } from "../explain-fault";
import { readProgramFolder } from "../read-program-folder";
import { shellWord } from "../shell-word";
import { writeWhole } from "../write-whole";

export const packCommand: Command = {
  name: "pack",
  summary: "pack a program's folder into a bundle; the same files give the same bytes",
  about:
    "Judges the folder as the platform will, then writes one archive of one reading. Names that begin with a dot stay behind, and so do bundles and signatures at the root. Links and private keys refuse the whole.",
  argument: { name: "DIR", min: 1, max: 1, help: "the program's folder, with manifest.json", completes: "folder" },
  options: {
    out: { value: "FILE", help: "the bundle to write; APP_ID-CODE.ma where it is left out", completes: "file" },
  },
  examples: [
    { line: "bulkhead pack notes", does: "writes com.example.notes-1.ma" },
    { line: "bulkhead pack notes --out notes.ma", does: "the same under another name" },
  ],
  json: {
    path: "where the bundle is",
    bytes: "its size",
    sha256: "its digest, by which the platform knows it",
    appId: "whose program it is",
    versionCode: "of which version",
  },
  async run({ positionals: [folder = ""], values, context }) {
    const read = await readProgramFolder(resolve(context.cwd, folder));
    if (!read.ok) return read;
    const packed = packBundle(read.files);
    if (!packed.ok) return explainFault(packed.reason, { path: folder, files: read.files });
    const { manifest } = packed.bundle;
    const name = textOption(values, "out") ?? `${manifest.app_id}-${manifest.version.code}.ma`;
    await writeWhole(resolve(context.cwd, name), packed.bytes);
    const sha256 = createHash("sha256").update(packed.bytes).digest("hex");
    return {
      ok: true,
      text: `${name}: ${packed.bytes.length} bytes, SHA-256 ${sha256}`,
      json: {
        path: name,
        bytes: packed.bytes.length,
        sha256,
        appId: manifest.app_id,
        versionCode: manifest.version.code,
      },
      next: `bulkhead sign ${shellWord(name)} --key publisher.key.pem`,
    };
  },
};
