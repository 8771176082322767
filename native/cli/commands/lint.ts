import { resolve } from "node:path";
import { openBundle } from "../../core/bundle/open-bundle";
import { packBundle } from "../../core/bundle/pack-bundle";
import type { Command } from "../command";
import { explainFault } from "../explain-fault";
import { isFolder, readNamedFile } from "../files";
import { readProgramFolder } from "../read-program-folder";

export const lintCommand: Command = {
  name: "lint",
  summary: "check a program's folder or bundle as the platform will",
  usage: "DIR|BUNDLE",
  options: {},
  help: {},
  positionals: { min: 1, max: 1 },
  async run({ positionals: [target = ""], context }) {
    if (!(await isFolder(context, target))) return judge(openBundle(await readNamedFile(context, target)));
    const folder = await readProgramFolder(resolve(context.cwd, target));
    return folder.ok ? judge(packBundle(folder.files)) : folder;
  },
};

function judge(opened: ReturnType<typeof openBundle>) {
  if (!opened.ok) return explainFault(opened.reason);
  const { manifest, engine, entries } = opened.bundle;
  return {
    ok: true,
    text: `${manifest.app_id} ${manifest.version.name} (${manifest.version.code}): ${entries.size} files, engine ${engine}, no issues`,
    json: {
      valid: true,
      appId: manifest.app_id,
      versionCode: manifest.version.code,
      engine,
      files: entries.size,
      issues: [],
    },
  } as const;
}
