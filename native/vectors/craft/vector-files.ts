/** Files that cases of the `bundle` op name, by their names under `files/`. Filled while the cases are made. */
const files = new Map<string, Uint8Array>();

/** Adds a file and answers the path that a case writes: relative to the vectors, where a runner puts its own in front. */
export function vectorFile(name: string, bytes: Uint8Array): string {
  if (files.has(name)) throw new Error(`two vector files are named ${name}`);
  files.set(name, bytes);
  return `files/${name}`;
}

export function vectorFiles(): ReadonlyMap<string, Uint8Array> {
  return files;
}
