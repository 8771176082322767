import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { pemFromPublicJwk, thumbprint } from "../../core/crypto/jwk";
import { publicKeyShape } from "../../core/crypto/public-key";
import { nodeCrypto } from "../../node/crypto";
import { makeKeyPair } from "../../node/make-key-pair";
import { type Command, failure, textOption } from "../command";
import { shellWord } from "../shell-word";
import { writeNew, writeWhole } from "../write-whole";

export const keygenCommand: Command = {
  name: "keygen",
  summary: "make a signing key (P-256): the private half for you alone, the public half to register",
  about:
    "Writes PREFIX.key.pem for its owner alone, PREFIX.pub.pem and PREFIX.jwk.json. A key that is there is never overwritten. Keep the private half outside of the program's folder.",
  argument: null,
  options: {
    out: {
      value: "PREFIX",
      help: "beginning of the three files' names; publisher where it is left out",
      completes: "file",
    },
  },
  examples: [
    { line: "bulkhead keygen", does: "writes publisher.key.pem, publisher.pub.pem and publisher.jwk.json" },
    { line: "bulkhead keygen --out keys/release --json", does: "the same under another name, answered in JSON" },
  ],
  json: {
    kid: "the key's thumbprint, by which the platform names it",
    jwk: "the public half",
    privateKeyPath: "where the private half is",
    publicKeyPath: "where the public half is, PEM",
    jwkPath: "where the public half is, JWK",
  },
  async run({ values, context }) {
    const prefix = resolve(context.cwd, textOption(values, "out") ?? "publisher");
    const { privateKey, publicKey } = makeKeyPair();
    const jwk = publicKeyShape.parse(publicKey.export({ format: "jwk" }));
    const kid = thumbprint(jwk, nodeCrypto);
    const paths = {
      privateKeyPath: `${prefix}.key.pem`,
      publicKeyPath: `${prefix}.pub.pem`,
      jwkPath: `${prefix}.jwk.json`,
    };
    try {
      await writeNew(paths.privateKeyPath, privateKey.export({ type: "pkcs8", format: "pem" }), 0o600);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      return failure("KEY_EXISTS", `${paths.privateKeyPath} is there already and is never overwritten`);
    }
    try {
      await writeWhole(paths.publicKeyPath, pemFromPublicJwk(jwk));
      await writeWhole(paths.jwkPath, `${JSON.stringify({ ...jwk, kid })}\n`);
    } catch (error) {
      // Nobody has seen this key: half a pair would only stand in the way of the next.
      await rm(paths.privateKeyPath, { force: true });
      throw error;
    }
    return {
      ok: true,
      text: `kid ${kid}\nprivate key ${paths.privateKeyPath} (keep it)\npublic key ${paths.publicKeyPath} and ${paths.jwkPath} (register it)`,
      json: { kid, jwk, ...paths },
      next: `hand ${paths.publicKeyPath} to the platform, which registers it; then bulkhead sign BUNDLE --key ${shellWord(paths.privateKeyPath)}`,
    };
  },
};
