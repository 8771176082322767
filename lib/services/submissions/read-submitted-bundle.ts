import type { ErrorDetail } from "@/lib/platform/errors";
import { AppError } from "@/lib/platform/errors";
import type { BundleFault } from "@/native/core/bundle/open-bundle";
import type { ProgramVersion, PublisherKey } from "@/native/core/shapes/claims";
import type { BundleSeal, JudgedBundle } from "@/native/node/judge-bundle";

export type SubmittedBundle = {
  appId: string;
  version: ProgramVersion;
  engine: "web" | "script";
  manifest: Record<string, unknown>;
  /** What was found of it, once. */
  attested: { manifestSha256: string; entries: number; unpackedBytes: number };
};

/**
 * Judges a bundle at the door: signed by one of the publisher's active keys over exactly these bytes (all are tried),
 * then opened (spec §2). Raises `unprocessable` with the bundle's code and, for a manifest, each issue.
 */
export async function readSubmittedBundle(
  { sizeBytes, signatureDer }: { sizeBytes: number; signatureDer: Uint8Array },
  keys: readonly PublisherKey[],
  judge: (seal: BundleSeal) => Promise<JudgedBundle>,
): Promise<SubmittedBundle> {
  const active = keys.filter((key) => key.status === "active").map(({ kid, jwk }) => ({ kid, jwk }));
  if (active.length === 0) throw refused("KEY_UNKNOWN", "This publisher has no active key.");
  const judged = await judge({ signatureDer, keys: active });
  if (!judged.ok && judged.code === "SIGNATURE_INVALID") {
    const message = judged.isDer
      ? "None of this publisher's active keys signed these bytes."
      : "The signature is not DER.";
    throw refused("SIGNATURE_INVALID", message);
  }
  if (!judged.ok) throw refused("BUNDLE_MALFORMED", "The bundle does not open.", describeFault(judged.reason));
  const { manifest, engine, sha256, kid, manifestSha256, entries, unpackedBytes } = judged;
  return {
    appId: manifest.app_id,
    engine,
    manifest,
    attested: { manifestSha256, entries, unpackedBytes },
    version: {
      code: manifest.version.code,
      name: manifest.version.name,
      sha256,
      size: sizeBytes,
      kid,
      declares: (manifest.req_permissions ?? []).map(({ name }) => name),
    },
  };
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
      return [{ path: fault.page, code: "REQUIRED", message: "A declared page is missing.", wanted: fault.page }];
    case "script_missing":
      return [{ path: "app.js", code: "REQUIRED", message: "A script program runs app.js at the root." }];
  }
}
