import type { events } from "@/db/schema";
import type { DenialRow } from "@/lib/contracts/programs";
import type { EventType } from "@/native/core/codes";
import type { Position } from "@/native/core/documents/position";

type EventRow = typeof events.$inferSelect;

const textOf = (body: Record<string, unknown>, name: string): string | null => {
  const value = body[name];
  return typeof value === "string" ? value : null;
};
/** Whether it is a number that the store compares with its own. */
const isRevision = (value: unknown): value is number => Number.isSafeInteger(value);

/** Where a document stood that the device names by its revision, in the epoch that both were of. */
export const toldPosition = (body: Record<string, unknown>, name: string): Position | null => {
  const { epoch, [name]: revision } = body;
  return isRevision(epoch) && isRevision(revision) ? { epoch, revision } : null;
};

/** What a denial was about: `host:port`, or the API. */
export function targetOf(about: { host?: unknown; port?: unknown; api?: unknown }): string {
  if (typeof about.host === "string") {
    return typeof about.port === "number" ? `${about.host}:${about.port}` : about.host;
  }
  return typeof about.api === "string" ? about.api : "unknown";
}

/** One recorded denial as lists show it. `names` are looked up by the caller, once a page. */
export function toDenialRow(row: EventRow, names: { program: string; device: string }): DenialRow {
  const { body } = row;
  return {
    denialId: row.denialId ?? "",
    at: row.at.toISOString(),
    appId: row.appId ?? "",
    programName: names.program,
    versionCode: row.versionCode,
    // Safe: checked against the closed list when the batch was taken in.
    type: row.type as EventType,
    code: row.code ?? "",
    layer: row.layer ?? "",
    rule: row.rule,
    target: targetOf(body),
    purpose: textOf(body, "purpose"),
    deviceId: row.deviceId,
    deviceName: names.device,
    programPosition: toldPosition(body, "programRevision"),
    platformPosition: toldPosition(body, "platformRevision"),
  };
}
