import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type IndexedTopic = { file: string; op: string; cases: number; refusals: number };
export type VectorIndex = { format: 1; total: number; topics: IndexedTopic[]; files: Record<string, string> };
export type StoredTopic = {
  specClause: string;
  op: string;
  state: Record<string, unknown>;
  cases: { id: string; title: string; input: Record<string, unknown>; expect: Record<string, unknown> }[];
};

export const VECTORS_FOLDER = fileURLToPath(new URL(".", import.meta.url));
/** Lies here and is no topic. */
const OTHER_FILES = ["index.json", "signatures.json"];

/** An answer that says no, or names what is wrong. */
export function isRefusal(expect: Readonly<Record<string, unknown>>): boolean {
  return expect.decision === "deny" || expect.result === "refused" || expect.valid === false || "error" in expect;
}

export function readVectorIndex(): VectorIndex {
  return JSON.parse(readFileSync(`${VECTORS_FOLDER}index.json`, "utf8")) as VectorIndex;
}

/** Every topic's file that lies here, known to the index or not. */
export function listTopicFiles(): string[] {
  return readdirSync(VECTORS_FOLDER)
    .filter((file) => file.endsWith(".json") && !OTHER_FILES.includes(file))
    .sort();
}

export function readTopic(file: string): StoredTopic {
  return JSON.parse(readFileSync(`${VECTORS_FOLDER}${file}`, "utf8")) as StoredTopic;
}

/** The line of a case: the topic's state, then the case's own members; paths lead from the vectors' folder. */
export function lineOf(topic: StoredTopic, vector: StoredTopic["cases"][number]): Record<string, unknown> {
  const line: Record<string, unknown> = { id: vector.id, op: topic.op, ...topic.state, ...vector.input };
  for (const member of ["path", "signaturePath"]) {
    if (topic.op === "bundle" && typeof line[member] === "string") line[member] = VECTORS_FOLDER + line[member];
  }
  return line;
}
