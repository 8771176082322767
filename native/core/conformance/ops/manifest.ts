import { z } from "zod";
import { parseManifest } from "../../manifest/parse-manifest";
import { defineOp } from "../op";

export const manifestOp = defineOp(z.object({ text: z.string() }), ({ text }) => {
  const parsed = parseManifest(text);
  return { valid: parsed.valid, issues: parsed.valid ? [] : parsed.issues };
});
