import { sign } from "node:crypto";
import { fromBase64Url, toBase64Url, utf8Bytes } from "../../../core/crypto/encoding";
import { type TestKey, testKey } from "../../craft/test-keys";
import { mutateText, mutateValue } from "../mutate";
import type { Random } from "../random";
import type { FuzzTopic, Members } from "../topic";
import { vectorInputs } from "./corpus";

/** Keys of the vectors by name; a name that is not here signs as a stranger. */
const NAMES = ["policy-1", "policy-2", "root-1", "root-2", "root-3", "publisher"] as const;
const keys = new Map<string, Promise<TestKey>>();

export function keyNamed(name: string): Promise<TestKey> {
  const key = keys.get(name) ?? testKey(name);
  keys.set(name, key);
  return key;
}

/** A signature of a part of a JWS, made when the line is: by whom, over which header, and what is done to it. */
type Signature = { key: string; header: string; spoil?: string };

async function signPart(
  { key, header, spoil }: Signature,
  payload: string,
): Promise<{ header: string; signature: string }> {
  const encoded = toBase64Url(utf8Bytes(header));
  const { privateKey } = await keyNamed(key);
  const options = { key: privateKey, dsaEncoding: spoil === "der" ? "der" : "ieee-p1363" } as const;
  const made = new Uint8Array(sign("sha256", utf8Bytes(`${encoded}.${payload}`), options));
  if (spoil === "flip") made[5] = (made[5] ?? 0) ^ 1;
  const bytes = spoil === "short" ? made.slice(1) : spoil === "none" ? new Uint8Array(0) : made;
  return { header: encoded, signature: toBase64Url(bytes) + (spoil === "pad" ? "=" : "") };
}

async function compactOf(recipe: Members): Promise<string> {
  const payload = toBase64Url(utf8Bytes(String(recipe.payload)));
  const { header, signature } = await signPart(recipe.signature as Signature, payload);
  return [header, payload, signature].join(".");
}

async function generalOf(recipe: Members): Promise<string> {
  const payload = toBase64Url(utf8Bytes(String(recipe.payload)));
  const parts = await Promise.all((recipe.signatures as Signature[]).map((one) => signPart(one, payload)));
  const signatures = parts.map(({ header, signature }) => ({ protected: header, signature }));
  return JSON.stringify({ payload, signatures, ...(recipe.more as Members | undefined) });
}

/** A line whose `jws` is made of the recipe, or taken as it is where the recipe is none of this shape any more. */
async function signedLine(recipe: Members): Promise<Members> {
  const { signature, signatures, payload, more: _, ...line } = recipe;
  if (typeof payload !== "string") return line;
  if (Array.isArray(signatures)) return { ...line, jws: await generalOf(recipe) };
  return signature === undefined ? line : { ...line, jws: await compactOf(recipe) };
}

const SPOILS = [
  undefined,
  undefined,
  undefined,
  undefined,
  undefined,
  undefined,
  "flip",
  "der",
  "short",
  "none",
  "pad",
];

function drawSignature(kid: string, header: string, random: Random): Signature {
  const spoil = random.pick(SPOILS);
  const key = random.oneIn(12) ? random.pick(NAMES) : kid;
  return { key, header: drawText(header, 10, random), ...(spoil === undefined ? {} : { spoil }) };
}

/** A JSON text, once in `times` with an edit to its members or its spelling. */
function drawText(json: string, times: number, random: Random): string {
  if (!random.oneIn(times)) return json;
  if (random.oneIn(2)) return mutateText(json, random);
  const value = asJson(json);
  return value === undefined ? json : JSON.stringify(mutateValue(value, random));
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textOf(part: string): string | undefined {
  const bytes = fromBase64Url(part);
  return bytes && Buffer.from(bytes).toString("utf8");
}

function kidOf(header: string): string {
  const read = asJson(header) as Members | undefined;
  return typeof read?.kid === "string" ? read.kid : "policy-1";
}

/** A vector's document taken apart, of those that can be and are not of a size that only a boundary needs. */
function takeApart({ jws, ...line }: Members): Members | undefined {
  if (typeof jws !== "string" || jws.length > 20_000) return undefined;
  if (jws.startsWith("{")) {
    const { payload, signatures, ...more } = (asJson(jws) ?? {}) as Members;
    const text = typeof payload === "string" ? textOf(payload) : undefined;
    if (text === undefined || !Array.isArray(signatures)) return undefined;
    const headers = signatures.map((entry: Members | null) => textOf(String(entry?.protected)) ?? "{}");
    return { ...line, payload: text, headers, more };
  }
  const [header = "", payload = ""] = jws.split(".");
  const [headerText, text] = [textOf(header), textOf(payload)];
  return headerText === undefined || text === undefined ? undefined : { ...line, payload: text, headers: [headerText] };
}

/** Vectors of an op signed anew after edits to payload, header, signature or what is asked beside them. */
function signedTopic(name: string, op: string): FuzzTopic {
  const inputs = vectorInputs(op);
  const apart = inputs.map(takeApart).filter((found) => found !== undefined);
  return {
    name,
    op,
    draw: (random) => {
      if (random.oneIn(10)) {
        const { jws, ...line } = random.pick(inputs.filter(({ jws: text }) => String(text).length < 20_000));
        return { ...line, jws: mutateText(String(jws), random) };
      }
      const { payload, headers, more, ...line } = random.pick(apart);
      const signatures = (headers as string[]).map((header) => drawSignature(kidOf(header), header, random));
      const asked = random.oneIn(4) ? (mutateValue(line, random) as Members) : line;
      const signed = op === "keyset" ? { signatures: drawSet(signatures, random), more } : { signature: signatures[0] };
      return { ...asked, payload: drawText(drawPayload(String(payload), random), 8, random), ...signed };
    },
    line: signedLine,
  };
}

function drawSet(signatures: readonly Signature[], random: Random): Signature[] {
  if (random.oneIn(6)) return [...signatures, ...random.some(signatures)];
  return random.oneIn(6) ? random.some(signatures) : [...signatures];
}

/** Claims with a number, list or object of theirs edited, which still have a form that can be judged further. */
function drawPayload(payload: string, random: Random): string {
  const claims = asJson(payload);
  if (typeof claims !== "object" || claims === null || random.oneIn(3)) return payload;
  const entries = Object.entries(claims);
  if (entries.length === 0) return payload;
  const [name, value] = random.pick(entries);
  const drawn =
    typeof value === "number"
      ? value + random.pick([-86_400, -301, -1, 1, 300, 301, 86_400])
      : mutateValue(value, random);
  return JSON.stringify({ ...claims, [name]: drawn });
}

export const documents = signedTopic("documents", "document");
export const keysets = signedTopic("keysets", "keyset");
export const heads = signedTopic("heads", "head");
