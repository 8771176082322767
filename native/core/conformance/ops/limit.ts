import { z } from "zod";
import { limitsShape } from "../../documents/claims-shapes";
import { meterSamples } from "../../limits/meter-samples";
import { defineOp } from "../op";

const amount = z.int().min(0).exactOptional();
const members = z.object({
  limits: limitsShape,
  samples: z.array(
    z.object({
      atMs: z.int(),
      cpuMs: amount,
      requests: amount,
      bridgeCalls: amount,
      memoryBytes: amount,
      inFlight: amount,
      storageBytes: amount,
      cacheBytes: amount,
    }),
  ),
});

export const limitOp = defineOp(members, ({ limits, samples }) => ({
  actions: meterSamples(limits, samples).map(({ atMs, limit, action }) => ({ atMs, limit, action })),
}));
