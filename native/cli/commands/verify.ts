import { openBundle } from "../../core/bundle/open-bundle";
import { verifyBundle } from "../../core/bundle/verify-bundle";
import { p1363FromDer } from "../../core/crypto/der";
import { readProgramClaims } from "../../core/documents/read-claims";
import { nodeCrypto } from "../../node/crypto";
import { type Command, type CommandResult, failure, integerOption, textOption, UsageError } from "../command";
import { explainFault } from "../explain-fault";
import { readJsonFile, readNamedFile, readPublicKey } from "../files";

export const verifyCommand: Command = {
  name: "verify",
  summary: "verify a bundle's signature and contents, with a key or as a device would",
  usage: "BUNDLE (--key PUB | --program CLAIMS [--version-code N]) [--signature FILE]",
  options: {
    key: { type: "string" },
    program: { type: "string" },
    "version-code": { type: "string" },
    signature: { type: "string" },
  },
  help: {
    key: "the publisher's public key, PEM or JWK",
    program: "claims of a program document, JSON: judged by digest, version, key, signature, archive and manifest",
    "version-code": "with --program: only this version's digest counts",
    signature: "the detached signature; BUNDLE.sig where it is left out",
  },
  positionals: { min: 1, max: 1 },
  async run({ positionals: [path = ""], values, context }): Promise<CommandResult> {
    const key = textOption(values, "key");
    const program = textOption(values, "program");
    if ((key === undefined) === (program === undefined)) throw new UsageError("one of --key and --program is needed");
    const bytes = await readNamedFile(context, path);
    const signatureDer = await readNamedFile(context, textOption(values, "signature") ?? `${path}.sig`);
    if (key !== undefined) {
      const signature = p1363FromDer(signatureDer);
      const jwk = await readPublicKey(context, key);
      const isSigned = signature !== undefined && nodeCrypto.verify(jwk, bytes, signature);
      if (!isSigned) return failure("SIGNATURE_INVALID", "the signature is not of this key over these bytes");
      const opened = openBundle(bytes);
      return opened.ok ? accepted(path, opened.bundle.manifest.version.code) : explainFault(opened.reason);
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
    const details = verdict.fault === undefined ? undefined : explainFault(verdict.fault).details;
    return failure(verdict.code, "a device would refuse this bundle", details);
  },
};

function accepted(path: string, versionCode: number): CommandResult {
  return {
    ok: true,
    text: `${path}: ACCEPTED, version ${versionCode}`,
    json: { result: "accepted", code: "ACCEPTED", versionCode },
  };
}
