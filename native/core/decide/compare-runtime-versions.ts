const VERSION = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})$/;

/** Below 0, 0 or above 0 as `x.y.z` is older than, equal to or newer than another; undefined if either is no such text. */
export function compareRuntimeVersions(a: string, b: string): number | undefined {
  const left = VERSION.exec(a)?.slice(1).map(Number);
  const right = VERSION.exec(b)?.slice(1).map(Number);
  if (left === undefined || right === undefined) return undefined;
  for (const [index, part] of left.entries()) {
    const difference = part - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
