import { z } from "zod";
import { canonicalJson } from "../audit/canonical-json";
import { toHex, utf8Bytes } from "../crypto/encoding";
import { inputShape } from "../device/inputs";
import { type DeviceState, durableShape, openState, writePart, writeState } from "../device/state";
import { createDevice, digestOf } from "../device/step";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../json/parse-json";
import type { ConformancePorts } from "./op";

/** Answers the lines of `conformance --stateful`, which drive one device (spec 9.11). Never throws. */
export type StatefulAnswerer = (line: string | Uint8Array) => string;

const LINE_RULES = { depthMax: 64, numbers: "any" } as const;
const openShape = z.object({
  state: durableShape.exactOptional(),
  restart: z.literal(true).exactOptional(),
  torn: z.int().min(1).exactOptional(),
});

type Durable = z.infer<typeof durableShape>;

export function createStatefulAnswerer(ports: Pick<ConformancePorts, "crypto" | "publicSuffixes">): StatefulAnswerer {
  const { crypto, publicSuffixes } = ports;
  const device = createDevice({ crypto, publicSuffixes });
  let state: DeviceState | undefined;
  /** What the disk would hold, and each write of this run that it has not answered. */
  let disk: Durable = {};
  let writes = new Map<number, Durable>();

  function open(line: JsonObject): JsonObject {
    const read = openShape.safeParse(line);
    if (!read.success) return { error: "a state that cannot be read" };
    const { restart, torn } = read.data;
    if (restart === undefined) disk = read.data.state ?? {};
    if (torn !== undefined) {
      const record = writes.get(torn);
      if (record === undefined) return { error: "no write of that number is out" };
      disk = { ...disk, ...record };
    }
    writes = new Map();
    state = openState(disk);
    return { effects: [], digest: digestOf(state, { crypto }) };
  }

  function step(line: JsonObject): JsonObject {
    const open = state;
    if (open === undefined) return { error: "no device is open" };
    const input = inputShape.safeParse(line.input);
    if (!input.success) return { error: "an input that cannot be read" };
    if (input.data.t === "stored") disk = { ...disk, ...writes.get(input.data.write) };
    if (input.data.t === "stored" || input.data.t === "notStored") writes.delete(input.data.write);
    const { effects } = device.step(open, input.data);
    const told = effects.map((effect) => {
      if (effect.e !== "store") return effect;
      const part = writePart(open, effect.part);
      writes.set(effect.write, structuredClone({ [effect.part]: part }) as Durable);
      return { ...effect, sha256: toHex(crypto.sha256(utf8Bytes(canonicalJson(part)))) };
    });
    return { effects: told as unknown as JsonValue, digest: digestOf(open, { crypto }) };
  }

  return (text) => {
    const parsed = parseJson(text, LINE_RULES);
    if (!parsed.ok || !isJsonObject(parsed.value)) return JSON.stringify({ id: null, error: "no JSON object" });
    const { id = null, op } = parsed.value;
    switch (op) {
      case "device.open":
        return JSON.stringify({ id, ...open(parsed.value) });
      case "device.step":
        return JSON.stringify({ id, ...step(parsed.value) });
      case "device.state":
        return JSON.stringify({
          id,
          ...(state === undefined ? { error: "no device is open" } : { state: writeState(state) }),
        });
      default:
        return JSON.stringify({ id, error: "no such op" });
    }
  };
}
