import { existsSync, renameSync, rmSync } from "node:fs";

/**
 * Makes a folder that is there whole or not at all: `make` fills another one beside it, which takes its name when that is done. What
 * was left there by one that was ended is thrown away. Raises where the folder is there already, and what `make` raises.
 */
export async function makeWhole<T>(folder: string, make: (unfinished: string) => Promise<T>): Promise<T> {
  if (existsSync(folder)) throw new Error(`${folder} is there already: a past is made once, for a new store`);
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const made = await make(unfinished);
  renameSync(unfinished, folder);
  return made;
}
