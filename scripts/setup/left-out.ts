import { z } from "zod";

/** What a command does without on this machine: for want of what, what that costs, and how to have it. */
export type LeftOut = { missing: string; leftOut: string; remedy: string };

const leftOutShape = z.array(z.object({ missing: z.string(), leftOut: z.string(), remedy: z.string() }));

/** What the starting script found missing, before anything was installed that could tell of it. */
export function leftOutAtStart(env: Readonly<Record<string, string | undefined>>): LeftOut[] {
  const text = env.BULKHEAD_LEFT_OUT;
  return text === undefined ? [] : leftOutShape.parse(JSON.parse(text));
}

/** In one block, with each remedy; nothing where nothing is left out. */
export function tellLeftOut(items: readonly LeftOut[]): string {
  if (items.length === 0) return "";
  const lines = items.flatMap(({ missing, leftOut, remedy }) => [
    `  ${leftOut}`,
    `    why     ${missing}`,
    `    remedy  ${remedy}`,
  ]);
  return `${["Left out on this machine:", ...lines].join("\n")}\n`;
}
