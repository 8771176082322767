import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { keepSignatures, usedSignatures } from "./craft/test-keys";
import { vectorFiles } from "./craft/vector-files";
import { scenarioFiles } from "./scenarios/scenario-files";
import { isRefusal } from "./vector-index";
import type { VectorTopic } from "./vector-topic";

/**
 * Writes the vectors from `cases/`: one `NN-name.json` a topic, the bundles that they name under `files/`, the scenarios, and
 * `index.json`, by whose counts every runner is held. `tsx native/vectors/generate.ts`; with `--check` it only tells
 * whether what lies here is what it would write.
 */

const ROOM = fileURLToPath(new URL(".", import.meta.url));

async function collectTopics(): Promise<VectorTopic[]> {
  const topics: VectorTopic[] = [];
  const modules = readdirSync(`${ROOM}cases`).filter(
    (file) => /^\d\d-.*\.ts$/.test(file) && !file.endsWith(".test.ts"),
  );
  for (const file of modules.sort()) {
    const exported: Record<string, unknown> = await import(pathToFileURL(`${ROOM}cases/${file}`).href);
    for (const value of Object.values(exported)) {
      const made: unknown = typeof value === "function" ? await value() : value;
      topics.push(made as VectorTopic);
    }
  }
  return topics;
}

/** What is wrong with the cases themselves, before they are asked of anybody. */
function findFaults(topics: readonly VectorTopic[]): string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const { name, notes, cases } of topics) {
    for (const { id, title, flags } of cases) {
      if (seen.has(id)) faults.push(`${name}: id ${id} is used twice`);
      if (title === "") faults.push(`${name}: ${id} has no title`);
      for (const flag of flags) if (!(flag in notes)) faults.push(`${name}: flag ${flag} of ${id} has no note`);
      seen.add(id);
    }
    const unused = Object.keys(notes).filter((flag) => !cases.some(({ flags }) => flags.includes(flag)));
    for (const flag of unused) faults.push(`${name}: note ${flag} belongs to no case`);
  }
  const refusals = topics.flatMap(({ cases }) => cases).filter(({ expect }) => isRefusal(expect)).length;
  if (refusals * 2 < seen.size) faults.push(`only ${refusals} of ${seen.size} cases refuse`);
  return faults;
}

function write(topics: readonly VectorTopic[]): Map<string, string | Uint8Array> {
  const files = new Map<string, string | Uint8Array>();
  const index = topics.map((topic) => {
    const { name, specClause, op, state, notes, cases } = topic;
    const rows = cases.map((vector) => `  ${JSON.stringify(vector)}`).join(",\n");
    const head = JSON.stringify({ specClause, op, state, notes }, null, 1).slice(0, -2);
    files.set(`${name}.json`, `${head},\n "cases": [\n${rows}\n ]\n}\n`);
    const refusals = cases.filter(({ expect }) => isRefusal(expect)).length;
    return { file: `${name}.json`, op, cases: cases.length, refusals };
  });
  for (const [name, bytes] of vectorFiles()) files.set(`files/${name}`, bytes);
  const digests = [...vectorFiles()].map(([name, bytes]) => [name, createHash("sha256").update(bytes).digest("hex")]);
  const total = index.reduce((sum, { cases }) => sum + cases, 0);
  const contents = { format: 1, total, topics: index, files: Object.fromEntries(digests) };
  files.set("index.json", `${JSON.stringify(contents, null, 1)}\n`);
  return files;
}

async function main(isCheck: boolean): Promise<void> {
  const topics = await collectTopics();
  const faults = findFaults(topics);
  const files = new Map([...write(topics), ...(await scenarioFiles())]);
  if (isCheck) {
    for (const [name, content] of [...files, ["signatures.json", usedSignatures()] as const]) {
      if (!isSame(name, content)) faults.push(`${name} is not what the cases make; run native/vectors/generate.ts`);
    }
  } else if (faults.length === 0) {
    rmSync(`${ROOM}files`, { recursive: true, force: true });
    mkdirSync(`${ROOM}files`);
    for (const [name, content] of files) writeFileSync(`${ROOM}${name}`, content);
    keepSignatures();
  }
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

function isSame(name: string, content: string | Uint8Array): boolean {
  try {
    return Buffer.compare(readFileSync(`${ROOM}${name}`), Buffer.from(content)) === 0;
  } catch {
    return false;
  }
}

await main(process.argv.includes("--check"));
