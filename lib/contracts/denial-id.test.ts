import { expect, test } from "vitest";
import { telemetryEventShape } from "@/native/core/telemetry/batch";
import { changeInputSchema } from "./change-sets";

test("a change may name whatever denial telemetry took, and no other", () => {
  for (const length of [15, 16, 25, 64, 65]) {
    for (const character of ["0", "A", "_", "."]) {
      const denialId = character.repeat(length);
      const isTaken = telemetryEventShape.shape.denialId.safeParse(denialId).success;
      expect(changeInputSchema.shape.denialId.safeParse(denialId).success, denialId).toBe(isTaken);
    }
  }
});
