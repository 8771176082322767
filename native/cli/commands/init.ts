import { mkdir, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { isAppId } from "../../core/manifest/app-id";
import { type Command, failure, textOption, UsageError } from "../command";

export const initCommand: Command = {
  name: "init",
  summary: "start a script program in a new folder, or in this one",
  usage: "[DIR] [--app-id ID] [--name NAME]",
  options: { "app-id": { type: "string" }, name: { type: "string" } },
  help: { "app-id": "lower-case reverse DNS; com.example.DIR where it is left out", name: "what people read" },
  positionals: { min: 0, max: 1 },
  async run({ positionals: [folder = "."], values, context }) {
    const path = resolve(context.cwd, folder);
    const appId = textOption(values, "app-id") ?? `com.example.${labelOf(basename(path))}`;
    if (!isAppId(appId)) throw new UsageError(`${appId} is no app id: lower-case reverse DNS, two labels or more`);
    const name = textOption(values, "name") ?? basename(path);
    await mkdir(path, { recursive: true });
    try {
      await writeFile(join(path, "manifest.json"), `${JSON.stringify(manifest(appId, name), null, 2)}\n`, {
        flag: "wx",
      });
      await writeFile(join(path, "app.js"), SCRIPT, { flag: "wx" });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      return failure("EXISTS", `${folder} holds a program already; nothing there was overwritten`);
    }
    return {
      ok: true,
      text: `${folder}: program ${appId}. Next: bulkhead lint ${folder}, bulkhead run ${folder}`,
      json: { path, appId, files: ["manifest.json", "app.js"] },
    };
  },
};

/** A folder's name as a label of an app id: it starts with a letter and does not end in a hyphen. */
function labelOf(name: string): string {
  const label = name
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
