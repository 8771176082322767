import { parseJson } from "../../../core/json/parse-json";
import { storagePath } from "../../../core/storage/storage-path";
import type { NoRoom } from "../../ports";
import { keyOfFileName } from "../../storage/key-name";
import type { StorageArea } from "../../storage/program-storage";
import { createBodyRooms } from "../body-rooms";
import type { CallDenial, CallOutcome, CapabilityHandler } from "../capability-registry";

export type StorageLocalOptions = {
  appId: string;
  user: string;
  area: StorageArea;
  /** Why the area may not grow to this size. */
  refuseSize(sizeBytes: number): CallDenial | undefined;
};

const LONG_BYTES = 16 * 1024;
const ENDED: CallOutcome = { outcome: "failed", reason: "the program has ended" };
const DONE: CallOutcome = { outcome: "value", value: {} };
const INVALID: CallOutcome = {
  outcome: "denied",
  decision: { code: "INVALID_ARGUMENTS", layer: "api", rule: null },
};

/** The program's share is a limit, though no document's; that the device has no room is the world's no. */
function refuseGrowth(noRoom: NoRoom): CallOutcome {
  if (noRoom.reason !== "share") return { outcome: "failed", reason: "this device has no room for it" };
  const rate = { limit: noRoom.limit, used: noRoom.used, retryAfterMs: 0 };
  return {
    outcome: "denied",
    decision: { code: "RATE_LIMITED", layer: "limit", rule: null, rate, limit: "storageBytes" },
  };
}

/** Values of the program's own, as JSON, one file a key; a key is encoded into its file's name and is never a path. */
export function storageLocalHandler(options: StorageLocalOptions): CapabilityHandler {
  const { appId, user, area } = options;
  const rooms = createBodyRooms();

  const fileName = (key: unknown): string | undefined => {
    const place = storagePath({ appId, user, area: "storage", key: String(key) });
    return place.result === "ok" ? place.path.slice(place.path.lastIndexOf("/") + 1) : undefined;
  };
  const store = async (name: string, content: Uint8Array): Promise<CallOutcome> => {
    let refusal: CallDenial | undefined;
    const result = await area.write(name, content, (sizeBytes) => {
      refusal = options.refuseSize(sizeBytes);
      return refusal === undefined;
    });
    if (result.ok) return DONE;
    if (refusal !== undefined) return { outcome: "denied", decision: refusal };
    if (result.reason === "no_room") return refuseGrowth(result.noRoom);
    return { outcome: "failed", reason: "the value could not be kept" };
  };
  const withName = (key: unknown, work: (name: string) => Promise<CallOutcome>): Promise<CallOutcome> => {
    const name = fileName(key);
    return name === undefined ? Promise.resolve(INVALID) : work(name);
  };

  return {
    capability: "storage.local",
    readsBytes: true,
    apis: {
      "storage.local.get": ({ params, signal, afterAnswer }) =>
        withName(params.key, async (name) => {
          const stored = await area.open(name);
          if (stored === undefined) return DONE;
          const isLong = stored.sizeBytes > LONG_BYTES;
          let content: Uint8Array;
          try {
            // the next long one is read when the program has taken this one
            if (isLong) afterAnswer(await rooms.take(signal));
            content = await stored.read();
          } catch (error) {
            if (signal.aborted) return ENDED;
            throw error;
          } finally {
            await stored.close();
          }
          // a long one is not read here: it was when it was kept, and the program reads it again
          if (isLong) return { outcome: "value", value: {}, text: { member: "value", json: content } };
          const value = parseJson(content, { numbers: "any" });
          if (!value.ok) return { outcome: "failed", reason: "the value can't be read any more" };
          return { outcome: "value", value: { value: value.value } };
        }),
      "storage.local.set": ({ params, bytesOf }) =>
        withName(params.key, async (name) => {
          const content = bytesOf("value") ?? new TextEncoder().encode(JSON.stringify(params.value));
          return store(name, content);
        }),
      "storage.local.remove": ({ params }) =>
        withName(params.key, async (name) => {
          await area.remove(name);
          return DONE;
        }),
      "storage.local.keys": async () => {
        const names = await area.names();
        const keys = names.flatMap((name) => keyOfFileName(name) ?? []);
        return { outcome: "value", value: { keys: keys.sort() } };
      },
    },
  };
}
