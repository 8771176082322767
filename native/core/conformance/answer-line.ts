import { isJsonObject, type JsonValue, parseJson } from "../json/parse-json";
import { CannotAnswer, type ConformancePorts, type Op } from "./op";
import { addressOp } from "./ops/address";
import { apiOp } from "./ops/api";
import { bundleOp } from "./ops/bundle";
import { causeOp } from "./ops/cause";
import { documentOp } from "./ops/document";
import { explainOp } from "./ops/explain";
import { headOp } from "./ops/head";
import { hostOp } from "./ops/host";
import { keysetOp } from "./ops/keyset";
import { limitOp } from "./ops/limit";
import { manifestOp } from "./ops/manifest";
import { minuteOp } from "./ops/minute";
import { redirectOp } from "./ops/redirect";
import { signatureOp } from "./ops/signature";
import { storageOp } from "./ops/storage";

const OPS = new Map<string, Op>([
  ["host", hostOp],
  ["redirect", redirectOp],
  ["address", addressOp],
  ["api", apiOp],
  ["explain", explainOp],
  ["signature", signatureOp],
  ["document", documentOp],
  ["keyset", keysetOp],
  ["head", headOp],
  ["manifest", manifestOp],
  ["bundle", bundleOp],
  ["storage", storageOp],
  ["limit", limitOp],
  ["minute", minuteOp],
  ["cause", causeOp],
]);

/**
 * A line's own JSON: a call's parameters may hold any number, and its claims lie one level down. Claims in documents are
 * held to the strict rules where their signed bytes are read.
 */
const LINE_RULES = { depthMax: 64, numbers: "any" } as const;

/** Answers one line of the conformance protocol with one line, `{ id, error }` where it cannot; never throws (spec §8). */
export async function answerLine(line: string | Uint8Array, ports: ConformancePorts): Promise<string> {
  const parsed = parseJson(line, LINE_RULES);
  if (!parsed.ok || !isJsonObject(parsed.value)) return failed(recoverId(line), "no JSON object");
  const { id = null, op } = parsed.value;
  const answer = typeof op === "string" ? OPS.get(op) : undefined;
  if (answer === undefined) return failed(id, "no such op");
  try {
    return JSON.stringify({ id, ...(await answer(parsed.value, ports)) });
  } catch (error) {
    return failed(id, error instanceof CannotAnswer ? error.message : `internal: ${String(error)}`);
  }
}

function failed(id: JsonValue, error: string): string {
  return JSON.stringify({ id, error });
}

/** The id of a line that breaks our rules but not JSON's own, so that the asker can tell which it was. */
function recoverId(line: string | Uint8Array): JsonValue {
  try {
    const value: unknown = JSON.parse(typeof line === "string" ? line : new TextDecoder().decode(line));
    const id = typeof value === "object" && value !== null && "id" in value ? value.id : null;
    return typeof id === "string" || typeof id === "number" ? id : null;
  } catch {
    return null;
  }
}
