import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { lineOf, readTopic, readVectorIndex } from "../vectors/vector-index";
import { readLines } from "./read-lines";
import { createCommandLine } from "./testing/run-command-line";

const line = createCommandLine();
afterAll(() => line.remove());
const bin = fileURLToPath(new URL("./bin/bulkhead.mjs", import.meta.url));
const question = (id: number) => `{"id":${id},"op":"address","address":"8.8.8.8"}`;

describe("bulkhead conformance", () => {
  it("keeps the order, whatever the chunks, and needs no line feed at the end", async () => {
    const text = Array.from({ length: 50 }, (_, id) => question(id)).join("\n");
    const chunks = text.match(/[\s\S]{1,7}/g) ?? [];
    const { code, stdout } = await line.run(["conformance"], chunks);
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((answer) => JSON.parse(answer).id),
    ).toEqual(Array.from({ length: 50 }, (_, id) => id));
  });

  it("answers a line that it cannot answer and goes on", async () => {
    const { stdout } = await line.run(["conformance"], ["\n{\n", '{"id":7}\n', `${question(8)}\n`]);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((answer) => JSON.parse(answer).id),
    ).toEqual([null, null, 7, 8]);
  });

  it("drives one device with --stateful, and says what it cannot read", async () => {
    const lines = [
      { op: "device.state" },
      { op: "device.open" },
      { op: "device.step", input: { t: "start" } },
      { op: "device.state" },
    ];
    const text = lines.map((one, id) => JSON.stringify({ id, ...one })).join("\n");
    const { code, stdout } = await line.run(["conformance", "--stateful"], [text]);
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((answer) => JSON.parse(answer)),
    ).toEqual([
      { id: 0, error: "no device is open" },
      { id: 1, effects: [], digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { id: 2, error: "an input that cannot be read" },
      { id: 3, state: expect.objectContaining({ live: null }) },
    ]);
  });

  it("gives up a line without end and reads the next", async () => {
    const lines: (number | undefined)[] = [];
    async function* endless() {
      for (let part = 0; part < 50; part += 1) yield new Uint8Array(100).fill(0x61);
      yield new TextEncoder().encode("\nshort\n");
    }
    for await (const read of readLines(endless(), 1000)) lines.push(read?.length);
    expect(lines).toEqual([undefined, 5]);
  });

  it("answers every vector as a program of its own, and nothing else on standard output", async () => {
    const index = readVectorIndex();
    const cases = index.topics.flatMap(({ file }) => {
      const topic = readTopic(file);
      return topic.cases.map((vector) => ({
        line: lineOf(topic, vector),
        expected: { id: vector.id, ...vector.expect },
      }));
    });
    const child = spawn(process.execPath, [bin, "conformance"], { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.end(cases.map((one) => `${JSON.stringify(one.line)}\n`).join(""));
    const answers: unknown[] = [];
    for await (const answer of readLines(child.stdout)) answers.push(JSON.parse(new TextDecoder().decode(answer)));
    if (child.exitCode === null) await once(child, "exit");
    expect(child.exitCode).toBe(0);
    expect(answers).toEqual(cases.map(({ expected }) => expected));
  });

  it("answers one line before it is asked the next", async () => {
    const child = spawn(process.execPath, [bin, "conformance"], { stdio: ["pipe", "pipe", "inherit"] });
    const answers = readLines(child.stdout);
    for (const id of [1, 2, 3]) {
      child.stdin.write(`${question(id)}\n`);
      const { value } = await answers.next();
      expect(JSON.parse(new TextDecoder().decode(value ?? undefined)).id).toBe(id);
    }
    child.stdin.end();
    await once(child, "exit");
  });
});
