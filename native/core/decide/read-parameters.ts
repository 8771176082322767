import { parseJson } from "../json/parse-json";

/** No schema accepts it: stands for parameters that could not be read. */
const UNREADABLE = null;

/**
 * Parameters of a call from the text that the bridge brought (spec 5.41): no text is an empty object, any finite number
 * is taken, and what is no JSON is read as null, which every schema refuses. Never throws.
 */
export function readParameters(text: string | Uint8Array): unknown {
  if (text.length === 0) return {};
  const parsed = parseJson(text, { numbers: "spelled" });
  return parsed.ok ? parsed.value : UNREADABLE;
}
