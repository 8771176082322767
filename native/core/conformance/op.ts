import { z } from "zod";
import type { CryptoPort } from "../crypto/port";
import type { PublicSuffixes } from "../decide/public-suffixes";
import type { ReadResult } from "../documents/read-claims";
import type { JsonObject } from "../json/parse-json";

/** What answering needs from outside: no state, no network (spec §8). */
export type ConformancePorts = {
  crypto: CryptoPort;
  publicSuffixes: PublicSuffixes;
  /** The whole file, or undefined where there is none that can be read or it is longer than `bytesMax`. */
  readFile(path: string, bytesMax: number): Promise<Uint8Array | undefined>;
};

/** Raised for a member that is missing, mistyped or unreadable; the line's answer is then `{ id, error }`. */
export class CannotAnswer extends Error {}

/** One question of spec §8: answers its members, without `id`. */
export type Op = (line: JsonObject, ports: ConformancePorts) => JsonObject | Promise<JsonObject>;

/** An op whose members are read by a shape first. Members that the shape does not name are ignored. */
export function defineOp<Shape extends z.ZodType>(
  shape: Shape,
  answer: (members: z.infer<Shape>, ports: ConformancePorts) => JsonObject | Promise<JsonObject>,
): Op {
  return (line, ports) => {
    const read = shape.safeParse(line);
    if (!read.success) throw new CannotAnswer(namePlaces(read.error));
    return answer(read.data, ports);
  };
}

/** Raw claims inside a line: kept as they came for the readers of `documents/read-claims`. */
export const rawClaims = z.custom<JsonObject>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
);

export function requireClaims<Claims>(member: string, read: ReadResult<Claims>): Claims {
  if (!read.ok) throw new CannotAnswer(`${member}: claims that cannot be read`);
  return read.claims;
}

function namePlaces(error: z.ZodError): string {
  const places = error.issues.map(({ path }) => path.join(".") || "line");
  return `missing or mistyped: ${[...new Set(places)].slice(0, 5).join(", ")}`;
}
