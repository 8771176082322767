import { createPublicKey, verify } from "node:crypto";
import { z } from "zod";
import { readKeysetClaims } from "@/native/core/documents/read-claims";
import { isJsonObject, parseJson } from "@/native/core/json/parse-json";
import type { KeysetClaims, NamedKey } from "@/native/core/shapes/claims";

const part = z.string().regex(/^[A-Za-z0-9_-]+$/);
const generalShape = z.object({
  payload: part,
  signatures: z.array(z.object({ protected: part, signature: part })).max(32),
});
const headerShape = z.object({ kid: z.string() });

function readGeneral(text: string): z.infer<typeof generalShape> | null {
  const parsed = parseJson(text);
  const general = parsed.ok ? generalShape.safeParse(parsed.value) : null;
  return general?.success ? general.data : null;
}

function readObject(base64url: string) {
  const parsed = parseJson(Buffer.from(base64url, "base64url"));
  return parsed.ok && isJsonObject(parsed.value) ? parsed.value : null;
}

/** What a keyset says, unverified: to be planned from and shown to people, never to be trusted. Null for other texts. */
export function readKeysetText(text: string): KeysetClaims | null {
  const general = readGeneral(text);
  const raw = general === null ? null : readObject(general.payload);
  const read = raw === null ? null : readKeysetClaims(raw);
  return read?.ok ? read.claims : null;
}

/** The kids, of these root keys, that have really signed the text: what is still missing is the rest. */
export function signersOf(text: string, rootKeys: readonly NamedKey[]): string[] {
  const general = readGeneral(text);
  if (general === null) return [];
  return rootKeys
    .filter(({ kid, jwk }) =>
      general.signatures.some((entry) => {
        const header = headerShape.safeParse(readObject(entry.protected));
        if (!header.success || header.data.kid !== kid) return false;
        const key = createPublicKey({ key: { ...jwk }, format: "jwk" });
        const data = Buffer.from(`${entry.protected}.${general.payload}`, "ascii");
        return verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, Buffer.from(entry.signature, "base64url"));
      }),
    )
    .map(({ kid }) => kid);
}
