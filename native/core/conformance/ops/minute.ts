import { z } from "zod";
import { isJsonObject, type JsonObject, type JsonValue } from "../../json/parse-json";
import {
  type ApiCount,
  apiCountShape,
  denialCountShape,
  hostCountShape,
  minuteEntryShape,
} from "../../telemetry/batch";
import { addIncrement, type CountedIncrement, emptyMinute, toEntry } from "../../telemetry/minute-entry";
import { defineOp } from "../op";

const named = z.literal(true).optional();
const apiCounts = apiCountShape.partial().extend({ named });
const { at, ...counted } = minuteEntryShape.shape;
const increment = z
  .object(counted)
  .partial()
  .extend({
    // A record's shape would pass over an API that is named like a member of every object.
    apis: z
      .custom<Record<string, Partial<ApiCount>>>(
        // Safe: a line is JSON.
        (value) =>
          isJsonObject(value as JsonValue | undefined) &&
          Object.values(value as object).every((counts) => apiCounts.safeParse(counts).success),
      )
      .optional(),
    hosts: z.array(hostCountShape.partial({ allowed: true, blocked: true }).extend({ named })).optional(),
    denials: z.array(denialCountShape.and(z.object({ named }))).optional(),
  });

/** Increments of one minute, added up as a device does (spec §7). */
export const minuteOp = defineOp(z.object({ at, increments: z.array(increment) }), ({ at: second, increments }) => {
  const entry = emptyMinute(second);
  // Safe: JSON has no undefined, and an entry is numbers, texts, lists and objects of such.
  for (const one of increments as CountedIncrement[]) addIncrement(entry, one);
  return { entry: toEntry(entry) as unknown as JsonObject };
});
