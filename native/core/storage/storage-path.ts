import { hasLoneSurrogate, toBase32, utf8Bytes } from "../crypto/encoding";
import { isAppId } from "../manifest/app-id";

export const STORAGE_AREAS = ["storage", "files", "cache"] as const;

/** Longest user name or key, in UTF-8 bytes (spec §5, Storage). */
export const STORAGE_KEY_BYTES_MAX = 128;

export type StoragePathResult = { result: "ok"; path: string } | { result: "refused" };

/**
 * Where one value of one user of one program lives, below the program's folder: `u…/area/k…`, each `…` the lower-case
 * unpadded base32 of the UTF-8 bytes, so that no spelling of a key can name another place (spec §5, Storage).
 */
export function storagePath(place: { appId: string; user: string; area: string; key: string }): StoragePathResult {
  const user = encodeName(place.user);
  const key = encodeName(place.key);
  const area = STORAGE_AREAS.find((known) => known === place.area);
  if (!isAppId(place.appId) || user === undefined || key === undefined || area === undefined) {
    return { result: "refused" };
  }
  return { result: "ok", path: `u${user}/${area}/k${key}` };
}

function encodeName(name: string): string | undefined {
  if (name.length === 0 || name.length > STORAGE_KEY_BYTES_MAX || hasLoneSurrogate(name)) return undefined;
  const bytes = utf8Bytes(name);
  return bytes.length <= STORAGE_KEY_BYTES_MAX ? toBase32(bytes) : undefined;
}
