/** One question of the conformance protocol (spec §8) and the one right answer to it. */
export type VectorCase = {
  /** Never given to another case, not even after this one is gone. */
  id: string;
  title: string;
  flags: readonly string[];
  /** Members of the line beside `op` and `id`, laid over the topic's `state`. */
  input: Readonly<Record<string, unknown>>;
  /** Members of the answer beside `id`. */
  expect: Readonly<Record<string, unknown>>;
};

/** The cases of one clause. The line of a case is `{ id, op, ...state, ...input }`. */
export type VectorTopic = {
  /** `NN-name`: the name of its file. */
  name: string;
  specClause: string;
  op: string;
  state: Readonly<Record<string, unknown>>;
  /** What would go wrong if a runtime answered otherwise, by flag. */
  notes: Readonly<Record<string, string>>;
  cases: readonly VectorCase[];
};
