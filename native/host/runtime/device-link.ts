import type { RuntimeIdentity } from "../../core/wire/runtime-identity";
import type { HostClock, HostLog, HostTimers } from "../ports";
import type { DurableFiles } from "../state/durable-files";
import { createPolicyTime, type PolicyTime } from "../state/policy-time";
import type { TrustRecord } from "../state/trust-record";
import { createCoreVerifier } from "../sync/core-verifier";
import type { DocumentsInForce } from "../sync/documents-in-force";
import type { HttpTransport } from "../sync/http-transport";
import { createPolicyClient, type PolicyClient } from "../sync/policy-client";
import { openPolicyKeeper, type PolicyKeeper } from "../sync/policy-keeper";
import { createPolicySync, type PolicySync } from "../sync/policy-sync";
import { openQueueLog } from "../telemetry/queue-log";
import { createTelemetryRecorder, type TelemetryRecorder } from "../telemetry/telemetry-recorder";
import { createTelemetryUploader, type TelemetryUploader } from "../telemetry/telemetry-uploader";
import type { DataDirectory } from "./data-directory";
import type { HostOptions } from "./host-options";

/** Everything between this device and its platform: what came, what is to be told, and the time by which it is judged. */
export type DeviceLink = {
  time: PolicyTime;
  telemetry: TelemetryRecorder;
  keeper: PolicyKeeper;
  client: PolicyClient;
  sync: PolicySync;
  uploader: TelemetryUploader;
};

/** Who is to act when documents change. What is heard before anybody listens waits in the keeper. */
export type LinkListener = { onClosedEarly(): void; onApplied(): void };

export async function openDeviceLink(options: {
  files: DurableFiles;
  data: DataDirectory;
  record: TrustRecord;
  deviceId: string;
  runtime: RuntimeIdentity;
  programs: readonly string[];
  publicSuffixes: HostOptions["publicSuffixes"];
  transport: HttpTransport;
  listener: LinkListener;
  clock: HostClock;
  timers: HostTimers;
  random(): number;
  randomId(): string;
  log: HostLog;
}): Promise<DeviceLink> {
  const { files, data, record, deviceId, transport, listener, clock, timers, random, randomId, log } = options;
  const { url, platform } = record.enrolment;
  const time = createPolicyTime(clock, record.time);
  const queue = await openQueueLog({ files, directory: data.telemetry, log });
  const telemetry = createTelemetryRecorder({ queue, clock, randomId, log });
  const verifier = createCoreVerifier({ publicSuffixes: options.publicSuffixes });
  const keeper = await openPolicyKeeper({
    store: data.store,
    record,
    verifier,
    time,
    telemetry,
    onNarrowed: () => listener.onClosedEarly(),
    log,
  });
  const client = createPolicyClient({ transport, url, platform, key: data.key, deviceId, clock, randomId });
  const uploader = createTelemetryUploader({
    recorder: telemetry,
    sendBatch: (batch) => client.sendBatch(batch),
    runtime: options.runtime,
    applied: () => appliedDocuments(keeper.inForce),
    timers,
    random,
    log,
    onRevoked: () => log("error", "device_revoked"),
    onPlatformWanted: () => void handBack(keeper, client, log),
  });
  const sync = createPolicySync({
    client,
    keeper,
    programs: () => options.programs,
    onClosedEarly: () => listener.onClosedEarly(),
    onApplied: () => listener.onApplied(),
    onRevoked: () => uploader.stop(),
    timers,
    monotonicMs: () => clock.monotonicMs(),
    random,
    log,
  });
  return { time, telemetry, keeper, client, sync, uploader };
}

/** Tried once an answer: while the platform still lacks the document, its next answer asks again. Never rejects. */
async function handBack(keeper: PolicyKeeper, client: PolicyClient, log: HostLog): Promise<void> {
  try {
    const stored = await keeper.storedPlatform();
    if (stored === undefined) return log("warn", "document_not_handed_back", { reason: "none is stored" });
    const answer = await client.handBack(stored);
    if (answer.kind === "body") return log("info", "document_handed_back");
    const code = answer.kind === "failed" ? answer.code : answer.kind;
    return log("warn", "document_not_handed_back", { code });
  } catch (error) {
    return log("warn", "document_not_handed_back", { error });
  }
}

function appliedDocuments({ keyset, platform, programs }: DocumentsInForce) {
  return {
    epoch: keyset?.epoch ?? 0,
    keyset: keyset?.revision ?? 0,
    platform: platform?.revision ?? 0,
    programs: Object.fromEntries([...programs].map(([appId, claims]) => [appId, claims.revision])),
  };
}
