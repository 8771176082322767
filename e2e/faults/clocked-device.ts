import table from "@/native/catalog/public-suffixes.json" with { type: "json" };
import { readPublicSuffixes } from "@/native/core/decide/public-suffixes";
import { openDeviceStore } from "@/native/host/state/device-store";
import { createPolicyTime } from "@/native/host/state/policy-time";
import { createMemoryFiles } from "@/native/host/state/testing/memory-files";
import { newTrustRecord } from "@/native/host/state/trust-record";
import { createCoreVerifier } from "@/native/host/sync/core-verifier";
import { openPolicyKeeper, type Receipt } from "@/native/host/sync/policy-keeper";
import type { ConsoleSession } from "../../scripts/client/console-session";

const verifier = createCoreVerifier({ publicSuffixes: readPublicSuffixes(table) });
const log = () => undefined;

/** The keeper of policies that a real device runs, with a wall clock that a test sets; it fetches what everybody may. */
export type ClockedDevice = {
  /** How far its clock is from the right time, in seconds. */
  clock: { aheadSeconds: number };
  /** Fetches the keyset where it has none, and the platform document; and applies what it took. */
  pull(): Promise<Receipt>;
  /** The same for a document from anywhere else. */
  receive(jws: string): Promise<Receipt>;
  /** The programs that it stops. */
  stopped(): string[];
  /** Stores the mark of time, as a device does each minute. */
  storeMark(): Promise<void>;
};

export async function clockedDevice(baseUrl: () => string, operator: ConsoleSession): Promise<ClockedDevice> {
  const { file } = await operator.post<{
    file: { platform: string; rootThumbprints: string[]; threshold: number };
  }>("enrolments", { deviceName: "clocked" });
  const { platform, rootThumbprints, threshold } = file;
  const store = await openDeviceStore({ files: createMemoryFiles(), directory: "/state", log });
  const record = newTrustRecord({ url: baseUrl(), platform, rootThumbprints, threshold, deviceId: "dev_clocked" });
  await store.commit(record);
  const clock = { aheadSeconds: 0 };
  const nowMs = () => Date.now() + clock.aheadSeconds * 1000;
  const time = createPolicyTime({ nowMs, monotonicMs: () => performance.now() }, record.time);
  const telemetry = { addToMinute: () => undefined, recordEvent: () => undefined };
  const keeper = await openPolicyKeeper({ store, record, verifier, time, telemetry, onNarrowed: () => undefined, log });

  async function fetchBytes(path: string): Promise<Uint8Array> {
    const answer = await fetch(`${baseUrl()}/api/runtime/v1/${path}`);
    if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  async function receive(bytes: Uint8Array): Promise<Receipt> {
    const receipt = await keeper.receivePlatform(bytes, undefined);
    keeper.apply();
    return receipt;
  }

  return {
    clock,
    async pull() {
      if (keeper.latest.keyset === undefined) await keeper.receiveKeyset(await fetchBytes("keyset"));
      return await receive(await fetchBytes("platform"));
    },
    receive: (jws) => receive(Buffer.from(jws)),
    stopped: () => [...new Set([...keeper.inForce.heldSuspensions, ...(keeper.inForce.platform?.suspended ?? [])])],
    storeMark: () => keeper.storeMark(),
  };
}
