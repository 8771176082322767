import { NAME_BYTES_MAX, NAME_SEGMENTS_MAX, readEntryName, SEGMENT_BYTES_MAX } from "../core/bundle/entry-name";
import { utf8Bytes } from "../core/crypto/encoding";

const SHOWN_MAX = 10;

/** Of files' names: those that no bundle takes, each with why; ten at most. */
export function nameFaults(names: Iterable<string>): string[] {
  return [...names]
    .filter((name) => readEntryName(utf8Bytes(name), true) === undefined)
    .slice(0, SHOWN_MAX)
    .map((name) => `${JSON.stringify(name.slice(0, 256))}: ${whyNot(name)}`);
}

/** The first reason that applies; the rule itself is `readEntryName`'s alone. */
function whyNot(name: string): string {
  const bytes = utf8Bytes(name).length;
  if (bytes > NAME_BYTES_MAX) return `${bytes} bytes, and at most ${NAME_BYTES_MAX} would pass`;
  const segments = name.split("/");
  if (segments.length > NAME_SEGMENTS_MAX)
    return `${segments.length} folders deep, and at most ${NAME_SEGMENTS_MAX} names would pass`;
  const long = segments.find((segment) => utf8Bytes(segment).length > SEGMENT_BYTES_MAX);
  if (long !== undefined)
    return `a part of ${utf8Bytes(long).length} bytes, and at most ${SEGMENT_BYTES_MAX} would pass`;
  if (/[\\:]/.test(name)) return "a backslash or colon, which some system reads as a folder or drive";
  if (segments.some((segment) => /^[. ]*$/.test(segment)))
    return "a part of nothing but dots and spaces, which some system drops";
  return "a name or character that some system keeps for itself: a control, a device's name, one that Unicode 15 does not have";
}
