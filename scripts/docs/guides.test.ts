import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { parsedOptions } from "@/native/cli/command";
import { commands } from "@/native/cli/commands";
import { missingOf } from "@/native/cli/missing-options";
import { createCommandLine } from "@/native/cli/testing/run-command-line";
import { missingLayers } from "@/native/host/confinement/confinement-layers";
import { probeConfinement } from "@/native/host/confinement/probe-confinement";
import { guideBlocks, isShown, wordsOf } from "./guide-blocks";

const below = (folder: string, ending: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file));
const documents = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "native/README.md", "native/vectors/README.md"],
  ...below("docs", ".md"),
].map((file) => ({ file, text: readFileSync(file, "utf8") }));
const pages = [...below("app", ".tsx"), ...below("components", ".tsx")].map((file) => ({
  file,
  text: readFileSync(file, "utf8"),
}));

/** Of a heading, as a repository's page names it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");

describe("links of documents", () => {
  it.each(documents)("of $file lead to files and headings that are there", ({ file, text }) => {
    const prose = text.replace(/^```[\s\S]*?^```$/gm, "");
    for (const [, linked, pictured] of prose.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)) {
      const target = linked ?? pictured ?? "";
      if (target === "" || /^[a-z]+:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const place = path === "" ? file : join(dirname(file), path);
      expect([file, target, existsSync(place)]).toEqual([file, target, true]);
      if (anchor === undefined) continue;
      const headings = [...readFileSync(place, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
        anchorOf(heading),
      );
      expect([file, target, headings.includes(anchor)]).toEqual([file, target, true]);
    }
  });
});

/** Every command that a document or a page of the console shows, as it would be typed. */
const shown = [
  ...documents.flatMap(({ file, text }) =>
    [...text.matchAll(/^ {4,}(?:\$ )?(np[mx] .*)$|^\$ (np[mx] .*)$|`(np[mx] [^`]*)`/gm)].map((match) => ({
      file,
      line: match[1] ?? match[2] ?? match[3] ?? "",
    })),
  ),
  ...pages.flatMap(({ file, text }) =>
    [...text.matchAll(/<CommandLine text=(?:"([^"]*)"|\{`([^`]*)`\})/g)].map((match) => ({
      file,
      line: (match[1] ?? match[2] ?? "").replace(/\$\{\w+\}/g, "https://console.example"),
    })),
  ),
];

describe("a command that is shown", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));

  it("is found in documents and pages at all", () => {
    expect(shown.length).toBeGreaterThan(50);
    expect(shown.filter(({ file }) => file.startsWith("app/")).length).toBeGreaterThan(3);
  });

  it.each(shown)("can be typed: $line ($file)", ({ file, line }) => {
    const words = wordsOf(line.replace(/ [<>|] .*$/, "").replace(/ \\$/, ""));
    const [tool, verb = "", name = ""] = words;
    if (tool === "npm" && verb === "run") expect([file, Object.hasOwn(scripts, name)]).toEqual([file, true]);
    else if (tool === "npm" && ["start", "test"].includes(verb)) expect(Object.hasOwn(scripts, verb)).toBe(true);
    else if (verb === "tsx" || verb === "vitest") {
      const paths = words.slice(2).filter((word) => word.includes("/"));
      for (const path of paths) expect([file, path, existsSync(path)]).toEqual([file, path, true]);
    } else if (verb === "bulkhead") expect([file, faultOf(words.slice(2))]).toEqual([file, null]);
  });
});

/** Null for a whole call; what is shown to be looked up (`--help`, `COMMAND`) is whole too. */
function faultOf(args: readonly string[]): string | null {
  if (args.length === 0 || args.includes("--help") || args[0] === "COMMAND") return null;
  const command = commands.find(({ name }) => args.slice(0, name.split(" ").length).join(" ") === name);
  if (command === undefined) return `no command ${args[0]}`;
  const rest = args.slice(command.name.split(" ").length);
  const { values, positionals } = parseArgs({
    args: [...rest],
    options: parsedOptions(command),
    allowPositionals: true,
  });
  const missing = missingOf(command, { values, positionals, env: { BULKHEAD_SERVER: "s", BULKHEAD_TOKEN: "t" } });
  return missing.length === 0 ? null : `lacks ${missing.join(", ")}`;
}

it("README.md names each benchmark that there is, and no other", () => {
  const row = /`npm run bench -- \w+` \|([^|]*)\|/.exec(readFileSync("README.md", "utf8"))?.[1] ?? "";
  const named = [...row.matchAll(/`([a-z]+)`/g)].map(([, name]) => name);
  const there = readdirSync("bench").flatMap((file) => (file.endsWith(".bench.ts") ? file.slice(0, -9) : []));
  expect(named).toEqual(there.sort());
});

describe("what a guide tells people to press or open", () => {
  const words = pages.map(({ text }) => text.replace(/\s+/g, " ")).join("\n");
  const labels = documents
    .filter(({ file }) => /guides\/(?:first-|review|investigate)/.test(file))
    .flatMap(({ file, text }) =>
      [...text.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/"([A-Z][^"]{1,40})"/g)].map(([, label = ""]) => ({
        file,
        label,
      })),
    );

  it("is found in guides at all", () => {
    expect(labels.length).toBeGreaterThan(15);
  });

  it.each(labels)("stands in the console: $label ($file)", ({ label }) => {
    expect(words.includes(label)).toBe(true);
  });
});

const { layers } = await probeConfinement();
const unconfined = missingLayers(layers, ["cgroup"]);
if (unconfined.length > 0)
  process.stderr.write(`skipped: the first program's guide: missing: ${unconfined.join(", ")}\n`);

const linesOf = (text: string) => text.trimEnd().split("\n").length;

describe.skipIf(unconfined.length > 0)("the guide of the first program", () => {
  let stop = () => {};
  let hear: (text: string) => void = () => {};
  const line = createCommandLine({
    write: async (text) => hear(text),
    warn: (text) => hear(text),
    interrupted: () =>
      new Promise((resolve) => {
        stop = resolve;
      }),
  });
  afterAll(() => line.remove());

  /** Runs one command; a program is stopped once it said as many lines as the guide shows. What people see, in its order. */
  async function act(words: readonly string[], answer: string): Promise<string> {
    const isRun = words[0] === "run";
    let text = "";
    hear = (said) => {
      text += said;
      if (isRun && linesOf(text) >= linesOf(answer)) stop();
    };
    await line.run(words);
    // A program's own lines alone are shown of a run: it goes on, and is ended by whoever watches it.
    return isRun ? text.replace(/^next: .*\n/m, "") : text;
  }

  it("is what happens, command by command", async () => {
    let acted = 0;
    for (const block of guideBlocks(readFileSync("docs/guides/first-program.md", "utf8"))) {
      if (block.kind === "file") {
        mkdirSync(dirname(line.path(block.name)), { recursive: true });
        writeFileSync(line.path(block.name), block.text);
        continue;
      }
      for (const { words, answer } of block.commands) {
        expect(words.slice(0, 2)).toEqual(["npx", "bulkhead"]);
        const text = await act(words.slice(2), answer);
        expect([words.join(" "), isShown(text, answer) ? "as shown" : text]).toEqual([words.join(" "), "as shown"]);
        acted += 1;
      }
    }
    expect(acted).toBeGreaterThan(10);
  });

  it("begins as README.md shows it", async () => {
    const readme = readFileSync("README.md", "utf8");
    const told = [...readme.matchAll(/^ {4}\$ (npx bulkhead .*)\n((?: {4}[^$\n].*\n)*)/gm)];
    expect(told.length).toBe(2);
    const fresh = createCommandLine();
    for (const [, command = "", answer = ""] of told) {
      const { stdout, stderr } = await fresh.run(wordsOf(command).slice(2));
      expect(
        isShown(
          `${stdout}${stderr}`.split("\n").slice(0, answer.trimEnd().split("\n").length).join("\n"),
          answer.replace(/^ {4}/gm, ""),
        ),
      ).toBe(true);
    }
    fresh.remove();
  });
});
