import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { packBundle } from "../../core/bundle/pack-bundle";
import { type Command, textOption } from "../command";
import { explainFault } from "../explain-fault";
import { readProgramFolder } from "../read-program-folder";

export const packCommand: Command = {
  name: "pack",
  summary: "pack a program's folder into a bundle; the same files give the same bytes",
  usage: "DIR [--out FILE]",
  options: { out: { type: "string" } },
  help: { out: "the bundle to write; APP_ID-CODE.ma where it is left out" },
  positionals: { min: 1, max: 1 },
  async run({ positionals: [folder = ""], values, context }) {
    const read = await readProgramFolder(resolve(context.cwd, folder));
    if (!read.ok) return read;
    const packed = packBundle(read.files);
    if (!packed.ok) return explainFault(packed.reason);
    const { manifest } = packed.bundle;
    const name = textOption(values, "out") ?? `${manifest.app_id}-${manifest.version.code}.ma`;
    await writeFile(resolve(context.cwd, name), packed.bytes);
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
    };
  },
};
