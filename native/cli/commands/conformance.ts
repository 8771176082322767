import { answerLine } from "../../core/conformance/answer-line";
import { createStatefulAnswerer } from "../../core/conformance/stateful";
import type { Command } from "../command";
import { conformancePorts } from "../conformance-ports";
import { readLines } from "../read-lines";

/** Answers are gathered up to this many characters before they are written. */
const FLUSH_CHARACTERS = 64 * 1024;

export const conformanceCommand: Command = {
  name: "conformance",
  summary: "answer questions, one JSON line each, as every runtime does (spec §8)",
  about:
    "A program that other runtimes ship as well: a line of JSON in, a line of JSON out, in order, with no state and no network. Vectors are asked this way (native/vectors/README.md).",
  argument: null,
  options: { stateful: { help: "drive one device, step by step (spec §9)" } },
  examples: [
    { line: "bulkhead conformance < questions.jsonl", does: "one answer a line" },
    { line: "bulkhead conformance --stateful < steps.jsonl", does: "one device, from step to step" },
  ],
  json: null,
  async run({ values, context }) {
    const answer = values.stateful === true ? createStatefulAnswerer(conformancePorts) : answerStateless;
    let pending = "";
    // Whoever asks one line at a time waits for its answer: what is pending is written before the next wait.
    let flushing: ReturnType<typeof setImmediate> | undefined;
    const flush = async () => {
      if (flushing !== undefined) clearImmediate(flushing);
      flushing = undefined;
      const text = pending;
      pending = "";
      if (text !== "") await context.write(text);
    };
    for await (const line of readLines(context.stdin)) {
      // Taken first: what is pending may be written while the answer is awaited.
      const answered = line === undefined ? TOO_LONG : await answer(line);
      pending += `${answered}\n`;
      if (pending.length >= FLUSH_CHARACTERS) await flush();
      else flushing ??= setImmediate(() => void flush());
    }
    await flush();
    return { ok: true, isWritten: true };
  },
};

const answerStateless = (line: Uint8Array) => answerLine(line, conformancePorts);

const TOO_LONG = JSON.stringify({ id: null, error: "line too long" });
