import { createHash } from "node:crypto";
import { join } from "node:path";
import type { OpenBundle } from "../../core/bundle/open-bundle";
import { type BundleVerdict, verifyBundle, verifySeal } from "../../core/bundle/verify-bundle";
import type { CryptoPort } from "../../core/crypto/port";
import type { ProgramClaims } from "../../core/shapes/claims";
import { nodeCrypto } from "../../node/crypto";
import type { HostLog, RunnableBundle, TelemetryPort } from "../ports";
import type { DurableFiles } from "../state/durable-files";
import { replaceFile } from "../state/replace-file";
import { bundleSignatureOf, type PolicyClient } from "../sync/policy-client";
import type { HandedBundle } from "./host-options";
import type { GetBundle } from "./program-supervisor";

/** Most bytes of a packed bundle (spec §2). */
const BUNDLE_BYTES_MAX = 30 * 1024 * 1024;

export type BundleStore = {
  /** The verified bundle of a version, from the folder, else from the platform. */
  get: GetBundle;
  /** The same of a bundle that is handed in, which is kept where it is the one that the documents list. */
  take(appId: string, versionCode: number, handed: HandedBundle): ReturnType<GetBundle>;
};

type Packed = { bytes: Uint8Array; signature: Uint8Array | undefined };

/**
 * Bundles by their digest: from the data folder, else from the platform. Each is verified at every start, signature and
 * all, against the program document in force (spec §2): what was good yesterday may have a revoked key today.
 */
export function createBundleStore(options: {
  files: DurableFiles;
  directory: string;
  client: Pick<PolicyClient, "bundle">;
  /** The program's document in force, and what is newer: a key that it revokes starts nothing, stored or not. */
  documentsOf(appId: string): readonly ProgramClaims[];
  telemetry: TelemetryPort;
  log: HostLog;
  /** Opens an archive off the thread on which programs are answered. */
  open: OpenBundle;
  crypto?: CryptoPort;
}): BundleStore {
  const { files, directory, client, open, crypto = nodeCrypto } = options;
  const pathOf = (sha256: string, kind: "ma" | "sig") => join(directory, `${sha256}.${kind}`);

  async function readCached(sha256: string): Promise<Packed | undefined> {
    const bytes = await files.read(pathOf(sha256, "ma"));
    const signature = await files.read(pathOf(sha256, "sig"));
    if (!bytes || !signature || createHash("sha256").update(bytes).digest("hex") !== sha256) return undefined;
    return { bytes, signature };
  }

  async function fetchAndKeep(sha256: string): Promise<Packed | undefined> {
    const fetched = await client.bundle(sha256, BUNDLE_BYTES_MAX);
    if (fetched.kind !== "body") return undefined;
    const packed = { bytes: fetched.bytes, signature: bundleSignatureOf(fetched.headers) };
    await keep(sha256, packed);
    return packed;
  }

  async function keep(sha256: string, { bytes, signature }: Packed): Promise<void> {
    if (!signature || createHash("sha256").update(bytes).digest("hex") !== sha256) return;
    try {
      await files.makeDirectory(directory);
      await replaceFile(files, pathOf(sha256, "sig"), signature);
      await replaceFile(files, pathOf(sha256, "ma"), bytes);
    } catch (error) {
      // A full disk costs the next start a download and this one nothing.
      options.log("warn", "bundle_not_kept", { sha256, error });
    }
  }

  /** What is judged, by the documents of this moment; undefined where one no longer lists the version. */
  function evidence({ bytes, signature }: Packed, appId: string, versionCode: number) {
    const documents = options.documentsOf(appId);
    const isListed = documents.every(({ versions }) => versions.some(({ code }) => code === versionCode));
    if (!isListed || documents.length === 0) return undefined;
    const given = { bytes, versionCode, crypto, ...(signature === undefined ? {} : { signatureDer: signature }) };
    return documents.map((program) => ({ ...given, program }));
  }

  /** Only what is sealed is opened; and since that takes a while, all is judged again when it is open. */
  async function verify(packed: Packed, appId: string, versionCode: number): Promise<BundleVerdict | undefined> {
    const before = evidence(packed, appId, versionCode);
    if (before === undefined) return undefined;
    for (const given of before) {
      const seal = verifySeal(given);
      if (!seal.ok) return { result: "refused", code: seal.code };
    }
    const opened = await open(packed.bytes, appId);
    const verdicts = evidence(packed, appId, versionCode)?.map((given) => verifyBundle({ ...given, opened }));
    return verdicts?.find(({ result }) => result === "refused") ?? verdicts?.[0];
  }

  const listed = (appId: string, versionCode: number) =>
    options.documentsOf(appId)[0]?.versions.find(({ code }) => code === versionCode);
  const notListed = { ok: false, reason: "version_not_listed", retry: true } as const;

  async function judge(packed: Packed, appId: string, versionCode: number): ReturnType<GetBundle> {
    let verdict: BundleVerdict | undefined;
    try {
      verdict = await verify(packed, appId, versionCode);
    } catch (error) {
      options.log("error", "bundle_not_opened", { appId, versionCode, error });
      return { ok: false, reason: "bundle_not_opened", retry: true };
    }
    if (verdict === undefined) return notListed;
    if (verdict.result === "accepted") return { ok: true, bundle: runnable(appId, versionCode, verdict.bundle) };
    options.log("error", "bundle_refused", { appId, versionCode, code: verdict.code });
    options.telemetry.recordEvent({ type: "attestation_failed", appId, versionCode, code: verdict.code });
    return { ok: false, reason: verdict.code.toLowerCase(), retry: false };
  }

  return {
    async get(appId, versionCode) {
      const version = listed(appId, versionCode);
      if (!version) return notListed;
      const packed = (await readCached(version.sha256)) ?? (await fetchAndKeep(version.sha256));
      return packed ? judge(packed, appId, versionCode) : { ok: false, reason: "bundle_unavailable", retry: true };
    },
    async take(appId, versionCode, handed) {
      const version = listed(appId, versionCode);
      if (!version) return notListed;
      const judged = await judge(handed, appId, versionCode);
      if (judged.ok) await keep(version.sha256, handed);
      return judged;
    },
  };
}

type OpenedBundle = Extract<BundleVerdict, { result: "accepted" }>["bundle"];

/** What a program is started from, of a bundle that was verified. */
export function runnable(appId: string, versionCode: number, bundle: OpenedBundle): RunnableBundle {
  return { appId, versionCode, engine: bundle.engine, readFile: (path) => bundle.entries.get(path) };
}
