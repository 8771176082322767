import { createHash, createPrivateKey, type KeyObject, sign } from "node:crypto";
import { resolve } from "node:path";
import { thumbprint } from "../../core/crypto/jwk";
import { publicKeyShape } from "../../core/crypto/public-key";
import { nodeCrypto } from "../../node/crypto";
import { type Command, requiredOption, textOption, UsageError } from "../command";
import { readNamedFile } from "../files";
import { shellWord } from "../shell-word";
import { writeWhole } from "../write-whole";

export const signCommand: Command = {
  name: "sign",
  summary: "sign a bundle's exact bytes (ECDSA P-256 with SHA-256, DER, detached)",
  about:
    "Writes the signature beside the bundle. It is over the bundle's exact bytes: whatever changes them afterwards makes it worthless.",
  argument: { name: "BUNDLE", min: 1, max: 1, help: "what bulkhead pack wrote", completes: "file" },
  options: {
    key: {
      value: "FILE",
      help: "the private key, PKCS #8 PEM, as keygen writes it",
      isRequired: true,
      completes: "file",
    },
    out: { value: "FILE", help: "the signature to write; BUNDLE.sig where it is left out", completes: "file" },
  },
  examples: [
    {
      line: "bulkhead sign com.example.notes-1.ma --key publisher.key.pem",
      does: "writes com.example.notes-1.ma.sig",
    },
  ],
  json: {
    signaturePath: "where the signature is",
    kid: "thumbprint of the key that signed",
    sha256: "digest of the bundle, by which the platform knows it",
  },
  async run({ positionals: [bundle = ""], values, context }) {
    const keyFile = requiredOption(values, "key");
    const key = readPrivateKey(keyFile, await readNamedFile(context, keyFile));
    const bytes = await readNamedFile(context, bundle);
    const signature = sign("sha256", bytes, { key, dsaEncoding: "der" });
    const path = textOption(values, "out") ?? `${bundle}.sig`;
    await writeWhole(resolve(context.cwd, path), signature);
    const { kty, crv, x, y } = key.export({ format: "jwk" });
    const kid = thumbprint(publicKeyShape.parse({ kty, crv, x, y }), nodeCrypto);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return {
      ok: true,
      text: `${path}: signed by ${kid}`,
      json: { signaturePath: path, kid, sha256 },
      next: `bulkhead submit ${shellWord(bundle)}`,
    };
  },
};

/** The text of the file never reaches a message. */
function readPrivateKey(name: string, pem: Uint8Array): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(Buffer.from(pem));
  } catch {
    throw new UsageError(
      `${name} is no private key that can be read: PKCS #8 PEM, as bulkhead keygen writes it, would pass`,
    );
  }
  if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1")
    throw new UsageError(`${name} is no key of P-256: bulkhead keygen makes one`);
  return key;
}
