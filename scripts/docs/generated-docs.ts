import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { routeTable } from "@/lib/server/route-table";
import { commands } from "@/native/cli/commands";
import { manPages } from "@/native/cli/man-page";
import { commandGuide } from "./command-guide";
import { errorDocs } from "./error-pages";
import { httpGuide } from "./http-guide";

/** Folders in which every file is made here, so that one of a code or command that is gone is a fault. */
const WHOLE_FOLDERS = ["docs/errors", "native/cli/man"] as const;

/** Every document that is made from the code, by its path. */
export function generatedDocs(root: string): ReadonlyMap<string, string> {
  const decisions = readFileSync(join(root, "native/spec/5-decisions.md"), "utf8");
  return new Map([
    ...errorDocs(decisions),
    ["docs/reference/command-line.md", commandGuide(commands)],
    ["docs/reference/http.md", httpGuide(routeTable)],
    ...[...manPages(commands)].map(([name, text]) => [`native/cli/man/${name}`, text] as const),
  ]);
}

/** Files of those folders that nothing makes any more. */
export function strayDocs(root: string, made: ReadonlyMap<string, string>): string[] {
  return WHOLE_FOLDERS.flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)).filter(
    (path) => !made.has(path),
  );
}
