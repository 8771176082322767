import { readFileSync, writeFileSync } from "node:fs";
import { domainToASCII, fileURLToPath } from "node:url";

/**
 * Makes `public-suffixes.json` anew from the text of the Public Suffix List: `tsx read-suffix-list.ts FILE YYYY-MM-DD`.
 * Names are kept in their ASCII forms, since hosts are compared in those alone (spec §5, Host).
 */
function main(file: string | undefined, snapshot: string | undefined): void {
  if (file === undefined || snapshot === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(snapshot)) {
    process.stderr.write("usage: read-suffix-list.ts FILE YYYY-MM-DD\n");
    process.exitCode = 1;
    return;
  }
  const [icann, rest] = readFileSync(file, "utf8").split("// ===BEGIN PRIVATE DOMAINS===");
  if (icann === undefined || rest === undefined) throw new Error("the list has no private section");
  const table = {
    source: "https://publicsuffix.org/list/",
    licence: "MPL-2.0",
    snapshot,
    icann: rulesOf(icann).join(" "),
    private: rulesOf(rest).join(" "),
  };
  const target = fileURLToPath(new URL("public-suffixes.json", import.meta.url));
  writeFileSync(target, `${JSON.stringify(table, null, 1)}\n`);
}

function rulesOf(section: string): string[] {
  const rules = section
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("//"))
    .map((rule) => {
      const [, mark = "", name = ""] = /^(!|\*\.)?(.*)$/.exec(rule) ?? [];
      return mark + domainToASCII(name);
    });
  return [...new Set(rules)].sort();
}

main(process.argv[2], process.argv[3]);
