import { openBundle } from "../../core/bundle/open-bundle";
import { verifyBundle } from "../../core/bundle/verify-bundle";
import { p1363FromDer } from "../../core/crypto/der";
import { readProgramClaims } from "../../core/documents/read-claims";
import { nodeCrypto } from "../../node/crypto";
import { type Command, type CommandResult, failure, integerOption, textOption, UsageError } from "../command";
import { explainFault } from "../explain-fault";
import { readJsonFile, readNamedFile, readPublicKey } from "../files";
import { shellWord } from "../shell-word";

export const verifyCommand: Command = {
  name: "verify",
  summary: "verify a bundle's signature and contents, with a key or as a device would",
  about:
    "With a key: whether its owner signed these bytes, and whether they are a bundle. With claims: the whole judgement of a device, by digest, version, key, signature, archive and manifest.",
  argument: { name: "BUNDLE", min: 1, max: 1, help: "the bundle to judge", completes: "file" },
  options: {
    key: { value: "PUB", help: "the publisher's public key, PEM or JWK", completes: "file" },
    program: {
      value: "CLAIMS",
      help: "claims of a program document, JSON: judged by digest, version, key, signature, archive and manifest",
      completes: "file",
    },
    "version-code": { value: "N", help: "with --program: only this version's digest counts" },
    signature: {
      value: "FILE",
      help: "the detached signature; BUNDLE.sig where it is left out",
      completes: "file",
    },
  },
  oneOf: [["key"], ["program"]],
  examples: [
    {
      line: "bulkhead verify com.example.notes-1.ma --key publisher.pub.pem",
      does: "whether that key signed these bytes",
    },
    {
      line: "bulkhead verify com.example.notes-1.ma --program program.json --version-code 1",
      does: "what a device with these claims would say of version 1",
    },
  ],
  json: { result: "accepted", code: "ACCEPTED", versionCode: "of which version the bundle is" },
  async run({ positionals: [path = ""], values, context }): Promise<CommandResult> {
    const key = textOption(values, "key");
    const program = textOption(values, "program");
    if (key !== undefined && program !== undefined) throw new UsageError("--key or --program, not both");
    const bytes = await readNamedFile(context, path);
    const signatureDer = await readNamedFile(context, textOption(values, "signature") ?? `${path}.sig`);
    if (key !== undefined) {
      const signature = p1363FromDer(signatureDer);
      const jwk = await readPublicKey(context, key);
      const isSigned = signature !== undefined && nodeCrypto.verify(jwk, bytes, signature);
      if (!isSigned) return failure("SIGNATURE_INVALID", "the signature is not of this key over these bytes");
      const opened = openBundle(bytes);
      return opened.ok
        ? accepted(path, opened.bundle.manifest.version.code)
        : explainFault(opened.reason, { path, bytes });
    }
    const claims = readProgramClaims(await readJsonFile(context, program ?? ""));
    if (!claims.ok) throw new UsageError("--program holds no claims of a program document");
    const versionCode = integerOption(values, "version-code");
    const verdict = verifyBundle({
      bytes,
      signatureDer,
      program: claims.claims,
      ...(versionCode === undefined ? {} : { versionCode }),
      crypto: nodeCrypto,
    });
    if (verdict.result === "accepted") return accepted(path, verdict.version.code);
    const details = verdict.fault === undefined ? undefined : explainFault(verdict.fault, { path, bytes }).details;
    return failure(verdict.code, "a device would refuse this bundle", details);
  },
};

function accepted(path: string, versionCode: number): CommandResult {
  return {
    ok: true,
    text: `${path}: ACCEPTED, version ${versionCode}`,
    json: { result: "accepted", code: "ACCEPTED", versionCode },
    next: `bulkhead submit ${shellWord(path)}`,
  };
}
