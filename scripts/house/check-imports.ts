import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { ROOMS, type Room } from "./import-rules";

export type ImportFault = { file: string; specifier: string; why: string };

const SPECIFIER =
  /(?:^|[\s;}])(?:import|export)\s+(?:type\s+)?(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|\brequire\(\s*["']([^"']+)["']\s*\)/gm;

/** The specifiers that a source text imports, statically or dynamically. Comments are left aside. */
export function importsOf(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  return [...code.matchAll(SPECIFIER)]
    .map((match) => match[1] ?? match[2] ?? match[3] ?? "")
    .filter((text) => text !== "");
}

/** The project path that a specifier names, or null for a package. */
function projectPath(file: string, specifier: string): string | null {
  if (specifier.startsWith("@/")) return specifier.slice(2);
  if (specifier.startsWith(".")) return normalize(join(dirname(file), specifier));
  return null;
}

const matches = (name: string, pattern: string): boolean =>
  pattern.endsWith("/") || pattern.endsWith(":") ? name.startsWith(pattern) : name === pattern;

/** What one file imports against the rules of its room. Tests may import the test support of `db/testing` besides. */
export function checkFile(file: string, source: string, rooms: readonly Room[] = ROOMS): ImportFault[] {
  const room = rooms.find(({ files }) => files.some((prefix) => file.startsWith(prefix)));
  if (room === undefined) return [];
  const isTest = /\.test\.tsx?$/.test(file) || file.includes("/testing/");
  const faults: ImportFault[] = [];
  for (const specifier of importsOf(source)) {
    const path = projectPath(file, specifier);
    if (path === null) {
      const excepted = room.except?.some(
        (entry) => entry.file === file && entry.packages.some((p) => matches(specifier, p)),
      );
      if (!isTest && !excepted && room.never?.some((pattern) => matches(specifier, pattern))) {
        faults.push({ file, specifier, why: `${room.room} never imports ${specifier}` });
      }
      continue;
    }
    if (path.startsWith("app/") && room.room !== "app") {
      faults.push({ file, specifier, why: "nothing outside app/ imports from app/" });
      continue;
    }
    const allowed = [...room.may, ...(isTest ? TEST_ROOMS : [])];
    if (!allowed.some((prefix) => path.startsWith(prefix))) {
      faults.push({ file, specifier, why: `${room.room} may import ${room.may.join(", ")}` });
    }
  }
  return faults;
}

const TEST_ROOMS = ["db/", "lib/", "native/"] as const;

/** What every feature decides through; it knows none of the others. */
const BASE_FEATURE = "change-sets";

/** The frame around every page composes what the others offer; none of them knows it. */
const FRAME_FEATURE = "frame";

/** Sibling features know nothing of each other. */
export function checkSiblings(file: string, source: string): ImportFault[] {
  const own = /^components\/features\/([^/]+)\//.exec(file)?.[1];
  if (own === undefined || own === FRAME_FEATURE) return [];
  return importsOf(source).flatMap((specifier) => {
    const other = /^components\/features\/([^/]+)\//.exec(projectPath(file, specifier) ?? "")?.[1];
    return other === undefined || other === own || other === BASE_FEATURE
      ? []
      : [{ file, specifier, why: `the feature ${own} may not import its sibling ${other}` }];
  });
}

/** Checks source files by path; paths are from the project's root. */
export function checkImports(root: string, files: readonly string[]): ImportFault[] {
  return files.flatMap((file) => {
    const source = readFileSync(join(root, file), "utf8");
    return [...checkFile(file, source), ...checkSiblings(file, source)];
  });
}
