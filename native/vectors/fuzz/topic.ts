import type { Random } from "./random";

export type Members = Record<string, unknown>;

/**
 * What is asked of one topic. A case is kept as a recipe, plain JSON that is shrunk when two answers differ; its line is
 * made from the recipe, so that what is signed stays signed and what is packed stays packed.
 */
export type FuzzTopic = {
  name: string;
  op: string;
  draw(random: Random): Members;
  /** The line's members beside `id` and `op`. */
  line(recipe: Members): Members | Promise<Members>;
};

/** A topic whose recipes are the lines themselves. */
export function plainTopic(name: string, op: string, draw: (random: Random) => Members): FuzzTopic {
  return { name, op, draw, line: (recipe) => recipe };
}
