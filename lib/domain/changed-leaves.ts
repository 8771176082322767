import { isSameValue } from "./same-value";

/** A place in a value at which before and after differ; what is absent there is undefined. A list is one leaf. */
export type ChangedLeaf = { path: string; before: unknown; after: unknown };

/** Every leaf that differs between two plain JSON values, in one order. Between equal values there is none. */
export function changedLeaves(before: unknown, after: unknown, path = ""): ChangedLeaf[] {
  if (isSameValue(before, after)) return [];
  if (!isBranch(before, after)) return [{ path, before: before ?? undefined, after: after ?? undefined }];
  const [old, now] = [(before ?? {}) as Record<string, unknown>, (after ?? {}) as Record<string, unknown>];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .flatMap((name) => changedLeaves(memberOf(old, name), memberOf(now, name), `${path}/${name}`));
}

/** Both are objects, or one is and the other is absent; an empty one is a leaf, or adding it would differ nowhere. */
function isBranch(before: unknown, after: unknown): boolean {
  const [one, other] = [before ?? null, after ?? null];
  if (one === null) return isFilled(other);
  if (other === null) return isFilled(one);
  return isObject(one) && isObject(other);
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isFilled = (value: unknown) => isObject(value) && Object.keys(value).length > 0;

function memberOf(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
