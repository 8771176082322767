import { pemFromPublicJwk, publicJwkFromPem } from "@/native/core/crypto/jwk";
import { readPublicKey } from "@/native/core/crypto/public-key";
import type { PublicJwk } from "@/native/core/shapes/claims";
import type { Taken, Texts } from "./taken";
import type { TextIssueCode } from "./text-issues";

export type WrittenKey = { jwk: PublicJwk; status: "active" | "revoked" };
export const KEY_FIELDS = ["/jwk"] as const;

export const writeKeyText = ({ jwk }: Partial<WrittenKey>): Texts => ({
  "/jwk": jwk === undefined ? "" : pemFromPublicJwk(jwk),
});

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/** The one public key in what was pasted, whatever stands around it: a PEM block, or a JWK. */
export function readKeyText(texts: Texts): Taken<WrittenKey> {
  const text = (texts["/jwk"] ?? "").trim();
  const read = text.startsWith("{") ? readJwk(text) : readPem(text);
  if (typeof read === "object") return { values: [{ jwk: read, status: "active" }], issues: [], notes: [] };
  const said = read === "KEY_MANY" ? { count: [...text.matchAll(BLOCK)].length } : {};
  return { values: [], issues: [{ field: "/jwk", code: read, said }], notes: [] };
}

function readPem(text: string): PublicJwk | TextIssueCode {
  if (text === "") return "KEY_EMPTY";
  // Said first, whatever else is wrong, so that it goes no further.
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return "KEY_PRIVATE";
  const blocks = [...text.matchAll(BLOCK)];
  const [block, ...others] = blocks;
  if (block === undefined) return /^(?:ssh|ecdsa)-/.test(text) ? "KEY_OTHER" : "KEY_FORMAT";
  if (others.length > 0) return "KEY_MANY";
  if (block[1] === "CERTIFICATE") return "KEY_CERTIFICATE";
  if (block[1] !== "PUBLIC KEY") return "KEY_OTHER";
  // What was copied from a terminal or a mail has blanks at the beginnings and ends of lines.
  const lines = block[0].split(/\r?\n/).map((line) => line.trim());
  return publicJwkFromPem(lines.filter((line) => line !== "").join("\n")) ?? "KEY_CURVE";
}

function readJwk(text: string): PublicJwk | TextIssueCode {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What begins like JSON and is none is no key either.
    return "KEY_FORMAT";
  }
  if (typeof value !== "object" || value === null) return "KEY_FORMAT";
  if ("d" in value) return "KEY_PRIVATE";
  return readPublicKey(value) ?? ("kty" in value ? "KEY_CURVE" : "KEY_FORMAT");
}
