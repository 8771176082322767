import { sign } from "node:crypto";
import type { KeyFolder } from "../keys/key-folder";

/** Signs with a root key of this folder: ES256, 64 bytes. */
export function signWithRootKey(folder: KeyFolder, kid: string): (data: Uint8Array) => Promise<Uint8Array> {
  return async (data) => {
    const key = await folder.open("root", kid);
    return sign("sha256", data, { key, dsaEncoding: "ieee-p1363" });
  };
}
