import { readTopic, readVectorIndex } from "../../vector-index";
import type { Members } from "../topic";

/** The inputs of every vector of an op, each with its topic's state under it. */
export function vectorInputs(op: string): Members[] {
  return readVectorIndex()
    .topics.filter((topic) => topic.op === op)
    .flatMap(({ file }) => {
      const { state, cases } = readTopic(file);
      return cases.map(({ input }) => ({ ...state, ...input }));
    });
}
