import { z } from "zod";
import type { Explained } from "../core/decide/describe-refusal";
import { traceValueShape } from "../core/decide/trace";

const explainedShape = z.object({
  message: z.string(),
  at: z.string().nullable(),
  seen: traceValueShape,
  wanted: traceValueShape,
  help: z.string().nullable(),
});

/** Why, what was seen and what would pass, and where its code is explained (spec 5.55), line by line. */
export function sayExplained({
  message,
  at,
  seen,
  wanted,
  help,
}: Omit<Explained, "help"> & { help: string | null }): string[] {
  const values = [
    ...(seen === null ? [] : [`saw ${JSON.stringify(seen)}`]),
    ...(wanted === null ? [] : [`wanted ${JSON.stringify(wanted)}`]),
    ...(at === null ? [] : [`at ${at}`]),
  ];
  return [
    message,
    ...(values.length === 0 ? [] : [values.join(", ")]),
    ...(help === null ? [] : [`see ${sayHelp(help)}`]),
  ];
}

/** What is typed to read the page that `help` names: the command line carries all of them. */
export function sayHelp(help: string): string {
  return `bulkhead explain ${help.slice(help.lastIndexOf("/") + 1)}`;
}

/** What a detail is that the message says already: `{ kind }` of a bundle's fault, for readers of JSON. */
const isSaid = (detail: unknown) => typeof detail === "object" && detail !== null && "kind" in detail;

/** A detail of a failure in lines: as every refusal explains itself where it does, else as it is. */
export function sayDetail(detail: unknown): string[] {
  if (typeof detail === "string") return [detail];
  if (isSaid(detail)) return [];
  const explained = explainedShape.safeParse(detail);
  return explained.success ? sayExplained(explained.data) : [JSON.stringify(detail)];
}
