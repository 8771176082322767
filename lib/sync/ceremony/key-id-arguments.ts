/** A key's id, a thumbprint in base64url, where it begins with `-`: one of 64 does, and looks like an option. */
const DASHED_ID = /^-[A-Za-z0-9_-]{42}$/;

/**
 * The same command line for `parseArgs`, with ids that begin with `-` bound to the option before them, or moved behind
 * `--` where they stand alone. `takesValue` says which options have one; everything else stays as it is.
 */
export function bindKeyIds(args: readonly string[], takesValue: (option: string) => boolean): string[] {
  const bound: string[] = [];
  const words: string[] = [];
  for (const arg of args) {
    const previous = bound.at(-1) ?? "";
    if (!DASHED_ID.test(arg)) bound.push(arg);
    else if (previous.startsWith("--") && takesValue(previous.slice(2))) bound.splice(-1, 1, `${previous}=${arg}`);
    else words.push(arg);
  }
  return words.length === 0 ? bound : [...bound, "--", ...words];
}
