import { mkdir, readdir, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { isAppId } from "../../core/manifest/app-id";
import { type Command, failure, textOption, UsageError } from "../command";
import { shellWord } from "../shell-word";
import { writeNew } from "../write-whole";

export const initCommand: Command = {
  name: "init",
  summary: "start a script program in a new folder, or in this one",
  about:
    "Writes manifest.json and app.js, both or neither: where one of them is there already, nothing is touched. Other files of the folder stay as they are.",
  argument: { name: "DIR", min: 0, max: 1, help: "the folder; this one where it is left out", completes: "folder" },
  options: {
    "app-id": { value: "ID", help: "lower-case reverse DNS; com.example.DIR where it is left out" },
    name: { value: "NAME", help: "what people read; the folder's name where it is left out" },
  },
  examples: [
    { line: "bulkhead init notes", does: "a program com.example.notes in a new folder" },
    { line: 'bulkhead init notes --app-id com.acme.notes --name "Notes"', does: "the same with names of its own" },
  ],
  json: { path: "the folder", appId: "the program's id", files: "what was written" },
  async run({ positionals: [folder = "."], values, context }) {
    const path = resolve(context.cwd, folder);
    const appId = textOption(values, "app-id") ?? `com.example.${labelOf(basename(path))}`;
    if (!isAppId(appId)) {
      throw new UsageError(
        `${JSON.stringify(appId)} is no app id: lower-case reverse DNS, two labels or more, com.example.notes for example`,
      );
    }
    const name = textOption(values, "name") ?? basename(path);
    if (name === "" || name.length > NAME_MAX) {
      throw new UsageError(`--name takes 1 to ${NAME_MAX} characters, and not ${name.length}`);
    }
    const wanted = { "manifest.json": `${JSON.stringify(manifest(appId, name), null, 2)}\n`, "app.js": SCRIPT };
    const made = await mkdir(path, { recursive: true });
    const dropMade = async () => {
      if (made !== undefined) await rm(made, { recursive: true });
    };
    const there = (await readdir(path)).filter((file) => Object.hasOwn(wanted, file));
    const taken = there.length > 0 ? there : await writeAll(path, wanted, dropMade);
    if (taken.length > 0) {
      await dropMade();
      return failure(
        "EXISTS",
        `${folder} has ${taken.join(" and ")} already; nothing was touched`,
        undefined,
        `bulkhead lint ${shellWord(folder)} judges what is there; bulkhead init OTHER starts anew`,
      );
    }
    return {
      ok: true,
      text: `${folder}: program ${appId}, in manifest.json and app.js`,
      json: { path, appId, files: Object.keys(wanted) },
      next: `bulkhead run ${shellWord(folder)}`,
    };
  },
};

/** As the manifest takes it. */
const NAME_MAX = 1024;

/**
 * Writes all of the files, each only where there is none. Answers the first that came to be there meanwhile, and takes
 * back what it wrote then, or where it cannot go on: a folder is completed, or as it was.
 */
async function writeAll(
  folder: string,
  files: Readonly<Record<string, string>>,
  dropMade: () => Promise<void>,
): Promise<string[]> {
  const written: string[] = [];
  try {
    for (const [file, text] of Object.entries(files)) {
      await writeNew(join(folder, file), text);
      written.push(file);
    }
    return [];
  } catch (error) {
    for (const file of written) await rm(join(folder, file));
    const isThere = error instanceof Error && "code" in error && error.code === "EEXIST";
    if (!isThere) {
      await dropMade();
      throw error;
    }
    return Object.keys(files).slice(written.length, written.length + 1);
  }
}

/** A folder's name as a label of an app id: it starts with a letter and does not end in a hyphen. */
function labelOf(name: string): string {
  const label = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-$/g, "");
  return label === "" ? "program" : label;
}

function manifest(appId: string, name: string) {
  return {
    app_id: appId,
    name,
    icons: [],
    pages: [],
    platform_version: { min_code: 1 },
    version: { code: 1, name: "1.0.0" },
    bulkhead_engine: "script",
    req_permissions: [
      { name: "device.info", reason: "Shows which runtime it runs on." },
      { name: "storage.local", reason: "Remembers how often it was started." },
    ],
  };
}

const SCRIPT = `// Every call is checked natively against what the platform granted to this version.
const info = await bulkhead.call("device.info", {});
const seen = await bulkhead.call("storage.local.get", { key: "starts" });
const starts = Number(seen?.value ?? 0) + 1;
await bulkhead.call("storage.local.set", { key: "starts", value: String(starts) });
console.log("start", starts, "on", info.kind, info.runtimeVersion);
`;
