import { z } from "zod";
import { auditHeadShape } from "../core/audit/audit-head";
import { traceShape } from "../core/decide/trace";
import { stateShape } from "../core/device/state";
import {
  grantShape,
  hostRuleShape,
  keysetShape,
  limitsShape,
  platformShape,
  programShape,
} from "../core/documents/claims-shapes";
import { manifestShape } from "../core/manifest/manifest-shape";
import { telemetryAnswerShape, telemetryBatchShape } from "../core/telemetry/batch";
import { enrollRequestShape, enrollResponseShape, enrolmentFileShape } from "../core/wire/enroll";
import { heldAnswerShape } from "../core/wire/held";
import { tokenRequestShape, tokenResponseShape } from "../core/wire/token";

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

const shapes = {
  "program-document": [programShape, "Claims of a program document, as verification demands them (spec §4)."],
  "platform-document": [platformShape, "Claims of a platform document (spec §4)."],
  keyset: [keysetShape, "Claims of a keyset (spec §4)."],
  "audit-head": [auditHeadShape, "Claims of a signed head of the audit log (spec §4)."],
  grant: [grantShape, "A grant that is understood wholly; any other stays in its place and allows nothing (spec §4)."],
  "host-rule": [
    hostRuleShape,
    "A host rule that is understood wholly; any other sets wildcards aside and allows nothing (spec §4).",
  ],
  limits: [limitsShape, "Limits of a program (spec §5)."],
  trace: [traceShape, "How a decision came about (spec §5)."],
  "telemetry-batch": [telemetryBatchShape, "Body of POST /api/runtime/v1/telemetry (spec §7)."],
  "telemetry-answer": [telemetryAnswerShape, "Answer to a telemetry batch (spec §7)."],
  "held-answer": [heldAnswerShape, "Answer to POST /api/runtime/v1/held (spec §7)."],
  "device-state": [stateShape, "The state of a device (spec §9)."],
  "enrolment-file": [enrolmentFileShape, "The file that is handed over out of band (spec §4)."],
  "enroll-request": [enrollRequestShape, "Body of POST /api/runtime/v1/enroll (spec §7)."],
  "enroll-response": [enrollResponseShape, "Answer to it."],
  "token-request": [tokenRequestShape, "Body of POST /api/runtime/v1/token (spec §7)."],
  "token-response": [tokenResponseShape, "Answer to it."],
} as const satisfies Record<string, readonly [z.ZodType, string]>;

/** Every schema by its file's name, as text: made of the shapes that validate, so that there is one description of each. */
export function writeSchemas(): Map<string, string> {
  const files = new Map<string, string>();
  const add = (name: string, title: string, schema: object) => {
    const { $schema: _, ...rest } = schema as Record<string, unknown>;
    files.set(`${name}.json`, `${JSON.stringify({ $schema: DIALECT, title, ...rest }, null, 1)}\n`);
  };
  add(
    "manifest",
    "manifest.json of a bundle (spec §2). Unknown members but bulkhead_* are kept and ignored.",
    manifestShape.jsonSchema(),
  );
  for (const [name, [shape, title]] of Object.entries(shapes)) {
    add(name, title, z.toJSONSchema(shape, { io: "input", unrepresentable: "any" }));
  }
  return files;
}
