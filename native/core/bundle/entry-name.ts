import { utf8Text } from "../crypto/encoding";
import { utf8Length } from "../decide/utf8-length";
import { nameIdentity } from "../text/name-folding";

/** How many segments a name may have (spec §2, Bundle). */
export const NAME_SEGMENTS_MAX = 16;
/** Longest name and longest segment, in bytes; looked at first, so that whatever follows is bounded by it. */
export const NAME_BYTES_MAX = 1024;
export const SEGMENT_BYTES_MAX = 255;

/** Names that Windows gives to devices, in any folder and with any extension, which spaces may precede. */
const DEVICE_NAME = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9¹²³])(?: *\.|$)/i;

export type EntryName = {
  name: string;
  isDirectory: boolean;
  /** Equal for two names that some file system would hold to be one: NFC and full case folding, no closing slash. */
  identity: string;
};

/**
 * Reads the name of an entry: UTF-8, relative, of plain segments (spec §2, Bundle). Undefined for absolute names, `.`,
 * `..` and empty segments, backslashes, colons (drives, streams), device names, control characters, characters that the
 * table of names lacks, and what is too long. Takes time in proportion to the name's length.
 */
export function readEntryName(bytes: Uint8Array, isMarkedUtf8: boolean): EntryName | undefined {
  if (bytes.length > NAME_BYTES_MAX) return undefined;
  const name = utf8Text(bytes);
  if (name === undefined || (!isMarkedUtf8 && bytes.some((byte) => byte >= 0x80))) return undefined;
  if (name === "" || /[\\:\uFEFF]/.test(name) || hasControl(name)) return undefined;
  const isDirectory = name.endsWith("/");
  const path = isDirectory ? name.slice(0, -1) : name;
  const segments = path.split("/");
  if (segments.length > NAME_SEGMENTS_MAX || !segments.every(isPlainSegment)) return undefined;
  const identity = nameIdentity(path);
  return identity === undefined ? undefined : { name, isDirectory, identity };
}

/** Windows drops dots and spaces at the end of a segment, so they hide neither `..` nor a device. */
function isPlainSegment(segment: string): boolean {
  if (utf8Length(segment) > SEGMENT_BYTES_MAX) return false;
  const bare = segment.replace(/[. ]+$/, "");
  return bare !== "" && !DEVICE_NAME.test(bare);
}

/** C0 and C1 controls and DEL. */
function hasControl(name: string): boolean {
  for (let at = 0; at < name.length; at += 1) {
    const code = name.charCodeAt(at);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
}
