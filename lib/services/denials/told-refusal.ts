import type { events } from "@/db/schema";
import type { ToldRefusal } from "@/lib/domain/denials/replay";

type EventRow = typeof events.$inferSelect;

const text = (value: unknown) => (typeof value === "string" ? value : null);
const number = (value: unknown) => (typeof value === "number" && Number.isSafeInteger(value) ? value : null);

/** What an event of a denial tells of the call; null for one of no version, which no document decides. */
export function toldByEvent({ versionCode, code, layer, rule, body }: EventRow): ToldRefusal | null {
  if (versionCode === null) return null;
  return {
    ...{ versionCode, code: code ?? "", layer: layer ?? "", rule },
    ...{ api: text(body.api), host: text(body.host), purpose: text(body.purpose) },
    port: number(body.port),
  };
}

/** What is known of a cause by the members of a refusal, as counts and sightings keep them. */
export function toldByMembers(versionCode: number, about: Record<string, unknown>): ToldRefusal {
  const { code, layer, rule, api, host, port, purpose } = about;
  return {
    ...{ versionCode, code: text(code) ?? "", layer: text(layer) ?? "", rule: text(rule) },
    ...{ api: text(api), host: text(host), port: number(port), purpose: text(purpose) },
  };
}
