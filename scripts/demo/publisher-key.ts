import { createPublicKey } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeKeyPair } from "@/native/node/make-key-pair";

/** A demo publisher's signing key, kept in the demo's folder as a publisher would keep it; made where there is none. */
export function publisherKey(folder: string, publisherId: string): { privateKeyPem: string; publicKeyPem: string } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${publisherId}.pem`);
  if (!existsSync(path)) {
    const { privateKey } = makeKeyPair();
    writeFileSync(path, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  }
  const privateKeyPem = readFileSync(path, "utf8");
  const publicKeyPem = createPublicKey(privateKeyPem).export({ type: "spki", format: "pem" }).toString();
  return { privateKeyPem, publicKeyPem };
}
