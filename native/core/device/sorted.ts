import { compareUtf8 } from "../crypto/encoding";

/** Every text once, in the order of their UTF-8 bytes: how a state holds a set. */
export function union(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].sort(compareUtf8);
}
