import { resolve } from "node:path";
import { type Bundle, openBundle, SCRIPT_NAME } from "../../core/bundle/open-bundle";
import { packBundle } from "../../core/bundle/pack-bundle";
import { utf8Text } from "../../core/crypto/encoding";
import { helpOf } from "../../core/decide/help";
import { type Command, type CommandResult, failure } from "../command";
import { explainFault, type Judged } from "../explain-fault";
import { isFolder, readNamedFile } from "../files";
import { type LintIssue, lintScript } from "../lint-script";
import { readProgramFolder } from "../read-program-folder";
import { shellWord } from "../shell-word";

export const lintCommand: Command = {
  name: "lint",
  summary: "check a program's folder or bundle as the platform will, and whether it would start",
  about:
    "Judges archive and manifest as the platform does; then starts app.js in the engine that will run it, with nothing granted, and looks for the icons that the manifest names.",
  argument: { name: "DIR|BUNDLE", min: 1, max: 1, help: "a program's folder, or what pack wrote", completes: "file" },
  options: {},
  examples: [
    { line: "bulkhead lint notes", does: "checks the program in that folder" },
    { line: "bulkhead lint com.example.notes-1.ma --json", does: "checks a bundle, answered in JSON" },
  ],
  json: {
    valid: "true",
    appId: "whose program it is",
    versionCode: "of which version",
    engine: "web or script",
    files: "how many files it has",
    issues: "empty: issues make the answer a failure, whose details they are",
  },
  async run({ positionals: [target = ""], context }) {
    if (!(await isFolder(context, target))) {
      const bytes = await readNamedFile(context, target);
      return judge(openBundle(bytes), { path: target, bytes });
    }
    const folder = await readProgramFolder(resolve(context.cwd, target));
    return folder.ok ? judge(packBundle(folder.files), { path: target, files: folder.files }) : folder;
  },
};

async function judge(opened: ReturnType<typeof openBundle>, judged: Judged): Promise<CommandResult> {
  if (!opened.ok) return explainFault(opened.reason, judged);
  const { manifest, engine, entries } = opened.bundle;
  const issues = [...(await issuesOfScript(opened.bundle)), ...missingIcons(opened.bundle)];
  const [first] = issues;
  if (first !== undefined) return failure(first.code, `${judged.path} would not run as it should`, issues);
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
    next:
      "files" in judged
        ? `bulkhead run ${shellWord(judged.path)}`
        : `bulkhead sign ${shellWord(judged.path)} --key publisher.key.pem`,
  };
}

async function issuesOfScript({ engine, entries }: Bundle): Promise<LintIssue[]> {
  const script = engine === "script" ? entries.get(SCRIPT_NAME) : undefined;
  if (script === undefined) return [];
  const source = utf8Text(script);
  if (source !== undefined) return lintScript(source);
  const help = helpOf("SCRIPT_INVALID");
  const message = `${SCRIPT_NAME}: its bytes are no UTF-8`;
  return [{ code: "SCRIPT_INVALID", message, at: SCRIPT_NAME, seen: null, wanted: "UTF-8", help }];
}

/** An icon is a file of the bundle, by its name there; `./` and `/` before it mean the same root. */
function missingIcons({ manifest, entries }: Bundle): LintIssue[] {
  return manifest.icons.flatMap(({ src }, index) => {
    if (entries.has(src.replace(/^\.?\//, ""))) return [];
    const at = `/icons/${index}/src`;
    const message = `${at}: the icon ${JSON.stringify(src)} is not in the bundle`;
    return [{ code: "ICON_MISSING", message, at, seen: src, wanted: null, help: helpOf("ICON_MISSING") }];
  });
}
