import { z } from "zod";
import { RUNTIME_KINDS } from "../codes";

/** One layer of confinement, as the runtime's own probe found it. */
export const confinementLayerShape = z.object({
  name: z.string().min(1).max(64),
  active: z.boolean(),
  /** Why it is missing; absent where it is active. */
  reason: z.string().max(256).optional(),
});
export type ConfinementLayer = z.infer<typeof confinementLayerShape>;

/** What a runtime says of itself at enrolment and in each telemetry batch (spec §7). */
export const runtimeIdentityShape = z.object({
  kind: z.enum(RUNTIME_KINDS),
  /** `x.y.z`, compared with the platform document's `minRuntime`. */
  version: z.string().regex(/^\d{1,9}\.\d{1,9}\.\d{1,9}$/),
  layers: z.array(confinementLayerShape).max(32),
});
export type RuntimeIdentity = z.infer<typeof runtimeIdentityShape>;
