import type { ErrorDetail } from "@/lib/platform/errors";
import { AppError } from "@/lib/platform/errors";
import type { BundleFault, OpenBundle } from "@/native/core/bundle/open-bundle";
import { p1363FromDer } from "@/native/core/crypto/der";
import { toHex } from "@/native/core/crypto/encoding";
import type { ProgramVersion, PublisherKey } from "@/native/core/shapes/claims";
import { backgroundCrypto } from "@/native/node/crypto";

export type SubmittedBundle = {
  appId: string;
  version: ProgramVersion;
  engine: "web" | "script";
  manifest: Record<string, unknown>;
};

/**
 * Judges a bundle at the door: signed by one of the publisher's active keys over exactly these bytes (all are tried),
 * then opened (spec §2). Raises `unprocessable` with the bundle's code and, for a manifest, each issue.
 */
export async function readSubmittedBundle(
  bytes: Uint8Array,
  signatureDer: Uint8Array,
  keys: readonly PublisherKey[],
  openBundle: (bytes: Uint8Array) => ReturnType<OpenBundle>,
): Promise<SubmittedBundle> {
  const kid = await findSigner(bytes, signatureDer, keys);
  const opened = await openBundle(bytes);
  if (!opened.ok) throw refused("BUNDLE_MALFORMED", "The bundle does not open.", describeFault(opened.reason));
  const { manifest, engine } = opened.bundle;
  return {
    appId: manifest.app_id,
    engine,
    manifest,
    version: {
      code: manifest.version.code,
      name: manifest.version.name,
      sha256: toHex(await backgroundCrypto.sha256(bytes)),
      size: bytes.byteLength,
      kid,
      declares: (manifest.req_permissions ?? []).map(({ name }) => name),
    },
  };
}

async function findSigner(bytes: Uint8Array, signatureDer: Uint8Array, keys: readonly PublisherKey[]): Promise<string> {
  const active = keys.filter((key) => key.status === "active");
  if (active.length === 0) throw refused("KEY_UNKNOWN", "This publisher has no active key.");
  const signature = p1363FromDer(signatureDer);
  if (signature === undefined) throw refused("SIGNATURE_INVALID", "The signature is not DER.");
  for (const { kid, jwk } of active) if (await backgroundCrypto.verify(jwk, bytes, signature)) return kid;
  throw refused("SIGNATURE_INVALID", "None of this publisher's active keys signed these bytes.");
}

function refused(code: string, message: string, details: ErrorDetail[] = []): AppError {
  return new AppError("unprocessable", message, { details: [{ path: "", code, message }, ...details] });
}

function describeFault(fault: BundleFault): ErrorDetail[] {
  switch (fault.kind) {
    case "archive":
      return [{ path: fault.entry ?? "", code: fault.fault, message: "The archive cannot be read so." }];
    case "manifest_missing":
      return [{ path: "manifest.json", code: "REQUIRED", message: "There is no manifest.json at the root." }];
    case "manifest_invalid":
      return fault.issues.map(({ path, code }) => ({
        path: `manifest.json${path}`,
        code,
        message: "In the manifest.",
      }));
    case "page_missing":
      return [{ path: fault.page, code: "REQUIRED", message: "A declared page is missing." }];
    case "script_missing":
      return [{ path: "app.js", code: "REQUIRED", message: "A script program runs app.js at the root." }];
  }
}
