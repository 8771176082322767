import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import publicSuffixData from "../../catalog/public-suffixes.json";
import { answerLine } from "../../core/conformance/answer-line";
import type { ConformancePorts } from "../../core/conformance/op";
import { readPublicSuffixes } from "../../core/decide/public-suffixes";
import { nodeCrypto } from "../../node/crypto";
import { VECTORS_FOLDER } from "../vector-index";
import type { Members } from "./topic";

/** Who answers lines of the conformance protocol (spec §8), in order. */
export type Answerer = { answer(line: Members): Promise<Members>; end(): Promise<void> };

const ports: ConformancePorts = {
  crypto: nodeCrypto,
  publicSuffixes: readPublicSuffixes(publicSuffixData),
  readFile: async (path) => new Uint8Array(readFileSync(path)),
};

export const core: Answerer = {
  answer: async (line) => JSON.parse(await answerLine(JSON.stringify(line), ports)) as Members,
  end: async () => {},
};

/** The command of the second opinion; any runtime's conformance program may stand in its place. */
export const ORACLE = ["python3", "-B", `${VECTORS_FOLDER}oracle/main.py`];

/** A conformance program: lines over a pipe, as many under way as are asked. A program that ends fails what is asked. */
export function startProgram(command: readonly string[]): Answerer {
  const [file = "", ...args] = command;
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting: { resolve(answer: Members): void; reject(error: Error): void }[] = [];
  const fail = (error: Error) => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  child.on("error", fail);
  child.stdin.on("error", fail);
  child.on("exit", (code, signal) => fail(new Error(`${command.join(" ")} ended (${code ?? signal})`)));
  createInterface({ input: child.stdout }).on("line", (line) => {
    const asked = waiting.shift();
    try {
      asked?.resolve(JSON.parse(line) as Members);
    } catch (error) {
      asked?.reject(new Error(`${command.join(" ")} answered no JSON: ${line.slice(0, 200)}`, { cause: error }));
    }
  });
  return {
    answer: (line) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify(line)}\n`);
      }),
    end: async () => {
      const ended = once(child, "close");
      child.stdin.end();
      await ended;
    },
  };
}
