import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Packages whose files a bundle holds, by the paths of its inputs. */
export function packagesOf(inputs: readonly string[]): string[] {
  const names = inputs.flatMap((input) => {
    const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    return name === undefined ? [] : [name];
  });
  return [...new Set(names)].sort();
}

/** The licences of these packages, in full, as their terms ask of whoever hands them on. Throws where one has no text. */
export function licencesOf(root: string, packages: readonly string[]): string {
  return packages
    .map((name) => {
      const folder = join(root, "node_modules", name);
      const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.\w+)?$/i.test(entry));
      if (file === undefined) throw new Error(`${name} has no text of its licence`);
      return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}
