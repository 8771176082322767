import type { PortalLimit, PortalQuota } from "@/lib/contracts/portal";
import type { Actor } from "@/lib/domain/roles";
import { QUOTA_RANGE } from "@/lib/domain/time-ranges";
import { LIMIT_NAMES } from "@/native/core/codes";
import type { ServiceContext } from "../context";
import { startOf } from "../measures/windows";
import { readLimitUse } from "../programs/limit-use";
import { newestPlatformClaims, newestProgramClaims } from "../programs/newest-claims";
import { warnOf } from "../programs/read-telemetry";
import { requestedLimits } from "../programs/requested-limits";
import { loadInScope, portalScope } from "./portal-scope";

const DAYS = 14;

/**
 * How near a program of the actor's comes to each of its eight limits, by device-minutes of 14 d, in all or of one version,
 * and what each limit held back. What a kind of runtime leaves out of its device-minutes is named as that, never estimated.
 * Raises `not_found`.
 */
export async function readPortalQuota(
  context: ServiceContext,
  actor: Actor,
  appId: string,
  { version }: { version?: number | undefined } = {},
): Promise<PortalQuota> {
  const scope = portalScope(actor);
  const { db } = context.store;
  await loadInScope(db, scope, appId);
  const platform = (await newestPlatformClaims(db))?.claims.limits ?? {};
  const own = (await newestProgramClaims(db, appId))?.claims.limits ?? {};
  const requested = await requestedLimits(db, appId);
  const nowMs = context.clock.nowMs();
  const use = await readLimitUse(db, appId, { range: QUOTA_RANGE, version }, { nowMs, days: DAYS });
  return {
    since: new Date(startOf(QUOTA_RANGE, nowMs)).toISOString(),
    devices: use.devices,
    rows: LIMIT_NAMES.map((name): PortalLimit => {
      const limit = own[name] ?? platform[name];
      return {
        name,
        effective: limit === undefined ? null : { warn: warnOf(limit), max: limit.max, action: limit.action },
        source: own[name] !== undefined ? "program" : platform[name] !== undefined ? "platform" : "none",
        requested: requested[name] ?? null,
        ...use.of(name),
      };
    }),
    behind: use.behind,
  };
}
