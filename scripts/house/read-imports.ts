import { dirname, join, normalize } from "node:path";

export type ImportFault = { file: string; specifier: string; why: string };

const SPECIFIER =
  /(?:^|[\s;}])(?:import|export)\s+(?:type\s+)?(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|\brequire\(\s*["']([^"']+)["']\s*\)/gm;

/** A source text without its comments that stand on lines of their own. */
export const codeOf = (source: string): string => source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");

/** The specifiers that a source text imports, statically or dynamically. Comments are left aside. */
export function importsOf(source: string): string[] {
  return [...codeOf(source).matchAll(SPECIFIER)]
    .map((match) => match[1] ?? match[2] ?? match[3] ?? "")
    .filter((text) => text !== "");
}

/** The project path that a specifier names, or null for a package. */
export function projectPath(file: string, specifier: string): string | null {
  if (specifier.startsWith("@/")) return specifier.slice(2);
  if (specifier.startsWith(".")) return normalize(join(dirname(file), specifier));
  return null;
}

/** Tests, and what only tests import. */
export const isTest = (file: string): boolean => /\.test\.tsx?$/.test(file) || file.includes("/testing/");
