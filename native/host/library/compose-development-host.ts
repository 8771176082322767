import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BundleFault } from "../../core/bundle/open-bundle";
import { packBundle } from "../../core/bundle/pack-bundle";
import type { TelemetryBatch } from "../../core/telemetry/batch";
import type { DevelopmentHost, DevelopmentHostOptions } from "../api/host";
import { createLocalPlatform } from "../runtime/local-platform";
import { randomId, systemClock } from "../runtime/system-ports";
import { openHostWith } from "./compose-host";
import { enrolBy } from "./enrol-by";
import { hostError } from "./host-error";

/** As `openDevelopmentHost`; `onBatch` hears what the platform inside is told. */
export async function openDevelopmentHostWith(
  options: DevelopmentHostOptions,
  onBatch: (batch: TelemetryBatch) => void,
): Promise<DevelopmentHost> {
  const { storageDir, log = () => undefined, ...rest } = options;
  const consent = options.consent === undefined ? "none" : "ask";
  const platform = await createLocalPlatform({ clock: systemClock, randomId, onBatch, consent });
  const { transport, enrolmentFile } = platform;
  const dataDir = await mkdtemp(join(tmpdir(), "bulkhead-run-"));
  const dropFolder = () => rm(dataDir, { recursive: true, force: true });
  try {
    await enrolBy(transport, { dataDir, enrolmentFile, log });
    const ports = { transport, ...(storageDir === undefined ? {} : { storageDir }) };
    const host = await openHostWith({ ...rest, dataDir, log }, ports);
    let closing: Promise<void> | undefined;
    return {
      ...host,
      async installFiles(files) {
        const packed = packBundle(bytesOf(files));
        if (!packed.ok) throw hostError("bundle_malformed", sayFault(packed.reason));
        const program = await platform.add(packed.bundle.manifest, packed.bytes);
        await host.refresh();
        return host.install(program);
      },
      close() {
        closing ??= host.close().finally(dropFolder);
        return closing;
      },
    };
  } catch (error) {
    await dropFolder();
    throw error;
  }
}

/** The kind of the fault, and of a manifest where and what. */
function sayFault(fault: BundleFault): string {
  if (fault.kind !== "manifest_invalid") return fault.kind;
  return `${fault.kind}: ${fault.issues.map(({ path, code }) => `${path} ${code}`).join(", ")}`;
}

function bytesOf(files: Readonly<Record<string, string | Uint8Array>>): ReadonlyMap<string, Uint8Array> {
  const entries = Object.entries(files);
  return new Map(entries.map(([name, file]) => [name, typeof file === "string" ? Buffer.from(file, "utf8") : file]));
}
