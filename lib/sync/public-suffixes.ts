import table from "@/native/catalog/public-suffixes.json" with { type: "json" };
import { type PublicSuffixes, readPublicSuffixes } from "@/native/core/decide/public-suffixes";

let read: PublicSuffixes | undefined;

/** The project's one snapshot of the Public Suffix List, read at first use. For servers alone: it is large. */
export function publicSuffixes(): PublicSuffixes {
  read ??= readPublicSuffixes(table);
  return read;
}
