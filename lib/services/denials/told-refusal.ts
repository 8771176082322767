import type { events } from "@/db/schema";
import type { ToldRefusal } from "@/lib/domain/denials/replay";

type EventRow = typeof events.$inferSelect;

/** What an event of a denial tells of the call; null for one of no version, which no document decides. */
export function toldByEvent({ versionCode, code, layer, rule, body }: EventRow): ToldRefusal | null {
  if (versionCode === null) return null;
  const text = (value: unknown) => (typeof value === "string" ? value : null);
  return {
    ...{ versionCode, code: code ?? "", layer: layer ?? "", rule },
    ...{ api: text(body.api), host: text(body.host), purpose: text(body.purpose) },
    port: typeof body.port === "number" ? body.port : null,
  };
}
