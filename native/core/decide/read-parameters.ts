import { type JsonReading, parseJson, readJson } from "../json/parse-json";

/** No schema accepts it: stands for parameters that could not be read. */
const UNREADABLE = null;
const RULES = { numbers: "spelled" } as const;

/**
 * Parameters of a call from the text that the bridge brought (spec 5.41): no text is an empty object, any finite number
 * is taken, and what is no JSON is read as null, which every schema refuses. Never throws.
 */
export function readParameters(text: string | Uint8Array): unknown {
  if (text.length === 0) return {};
  const parsed = parseJson(text, RULES);
  return parsed.ok ? parsed.value : UNREADABLE;
}

/** As `readParameters`, of a text too long to be read at once. */
export type ParametersReading = {
  /** Reads on for about so many UTF-16 units; undefined as long as it is not at its end. */
  advance(units: number): { params: unknown } | undefined;
  bytesOf: JsonReading["bytesOf"];
};

/** Members of `asText` stand as null among what is answered. */
export function readLongParameters(text: Uint8Array, asText: readonly string[]): ParametersReading {
  const reading = readJson(text, { ...RULES, asText });
  return {
    advance(units) {
      const read = reading.advance(units);
      return read && { params: read.ok ? read.value : UNREADABLE };
    },
    bytesOf: (member) => reading.bytesOf(member),
  };
}
