import type { Database } from "@/db/store";
import type { PortalCause, PortalDenials } from "@/lib/contracts/portal";
import type { DenialCause } from "@/lib/contracts/programs";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { readCauses } from "../denials/read-causes";
import { shownRule } from "../denials/shown-rule";
import { readLive } from "../measures/live";
import { measureSpans, minutesOf } from "../measures/read-measures";
import { startOfDetails } from "../measures/windows";
import { loadInScope, portalScope } from "./portal-scope";

const RANGE = "7d";

/**
 * What a program of the actor's was refused in 7 d, by cause, the most frequent first, 100 at most, in all or of one version.
 * Raises `not_found`.
 */
export async function listPortalDenials(
  context: ServiceContext,
  actor: Actor,
  appId: string,
  { version }: { version?: number | undefined } = {},
): Promise<PortalDenials> {
  const scope = portalScope(actor);
  const { db } = context.store;
  await loadInScope(db, scope, appId);
  const nowMs = context.clock.nowMs();
  const sinceMs = startOfDetails(RANGE, nowMs);
  const { causes, causeTotal, timesTotal, behind } = await readCauses(db, { appId, sinceMs, version }, nowMs);
  const devices = causes.length === 0 ? 0 : await countDevices(db, { appId, version, fromMs: sinceMs });
  return {
    since: new Date(sinceMs).toISOString(),
    causes: causes.map((cause) => toPortalCause(cause, devices)),
    ...{ causeTotal, timesTotal, behind },
  };
}

/** Devices that told of the program since then. */
async function countDevices(
  db: Database,
  { appId, version, fromMs }: { appId: string; version: number | undefined; fromMs: number },
): Promise<number> {
  const all = { appId, version, from: "hours", wanted: [] } as const;
  const minutes = await minutesOf(db, (await readLive(db, appId)).minutes, { version });
  const spans = await measureSpans(db, all, { fromMs, spanMs: 1, lastSpan: 0 }, minutes);
  return spans.get(0)?.devices.count() ?? 0;
}

/** What of a cause the program's developers may see. */
const toPortalCause = (cause: DenialCause, devices: number): PortalCause => ({
  ...{ cause: cause.cause, code: cause.code, layer: cause.layer, rule: shownRule(cause.rule) },
  ...{ target: cause.target, purpose: cause.purpose, sinceVersion: cause.sinceVersion },
  ...{ firstAt: cause.firstAt, lastAt: cause.lastAt, times: cause.times, devices: cause.devices, trend: cause.trend },
  newestDenialId: cause.newestDenialId,
  deviceShare: devices === 0 ? null : Math.min(1, cause.devices / devices),
});
