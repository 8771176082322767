import type { LimitTable } from "@/lib/contracts/programs";
import { formatMember } from "@/lib/domain/member-keys";
import type { Actor } from "@/lib/domain/roles";
import { LIMIT_NAMES } from "@/native/core/codes";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { loadProgram } from "./get-program";
import { readLimitUse } from "./limit-use";
import { newestPlatformClaims, newestProgramClaims } from "./newest-claims";
import { type TelemetryQuery, warnOf } from "./read-telemetry";
import { requestedLimits } from "./requested-limits";

/** Every limit of a program beside the platform's, the publisher's wish and what device-minutes of the range used. */
export async function listLimits(
  context: ServiceContext,
  actor: Actor,
  appId: string,
  query: TelemetryQuery,
): Promise<LimitTable> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  await loadProgram(db, appId);
  const platform = (await newestPlatformClaims(db))?.claims.limits ?? {};
  const own = (await newestProgramClaims(db, appId))?.claims.limits ?? {};
  const requested = await requestedLimits(db, appId);
  const use = await readLimitUse(db, appId, query, { nowMs: context.clock.nowMs() });
  const rows = LIMIT_NAMES.map((name): LimitTable["rows"][number] => {
    const limit = own[name] ?? platform[name];
    const { observed, heldBackDevices, heldBackDeviceShare, heldBack } = use.of(name);
    return {
      name,
      effective: limit === undefined ? null : { warn: warnOf(limit), max: limit.max, action: limit.action },
      source: own[name] !== undefined ? "program" : platform[name] !== undefined ? "platform" : "none",
      member: formatMember({ kind: "limit", appId, name }),
      value: own[name] ?? null,
      platformValue: platform[name] ?? null,
      requested: requested[name] ?? null,
      ...{ observed, heldBackDevices, heldBackDeviceShare, heldBack },
    };
  });
  return { devices: use.devices, rows, behind: use.behind };
}
