import type { Actor } from "../../lib/domain/roles";
import { exportAuditLog } from "../../lib/services/audit/export-audit-log";
import { listAudit } from "../../lib/services/audit/list-audit";
import { getDraft } from "../../lib/services/change-sets/get-draft";
import { listChangeSets } from "../../lib/services/change-sets/list-change-sets";
import type { ServiceContext } from "../../lib/services/context";
import { getDenial } from "../../lib/services/denials/get-denial";
import { listDenials } from "../../lib/services/denials/list-denials";
import { getDevice, listDevices } from "../../lib/services/devices/list-devices";
import { getOverview } from "../../lib/services/overview/get-overview";
import { listPeople } from "../../lib/services/people/list-people";
import { getProgram } from "../../lib/services/programs/get-program";
import { getSpread } from "../../lib/services/programs/get-spread";
import { listLimits } from "../../lib/services/programs/list-limits";
import { listPrograms } from "../../lib/services/programs/list-programs";
import { listVersions } from "../../lib/services/programs/list-versions";
import { readAccess } from "../../lib/services/programs/read-access";
import { readTelemetry } from "../../lib/services/programs/read-telemetry";
import { listPublishers } from "../../lib/services/publishers/list-publishers";
import { readReporting } from "../../lib/services/reporting/read-reporting";
import { seededApp, seededDevice } from "../seed/seed-at-size";

type Read = (context: ServiceContext, actor: Actor) => Promise<unknown>;

const LARGE = seededApp(0);
const SMALL = seededApp(40);

async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  for await (const _ of stream);
}

/** Each read model of the console as its pages ask for it, with the widest period, of the largest program. */
export const READS: Readonly<Record<string, Read>> = {
  overview: getOverview,
  programs: (ctx, actor) => listPrograms(ctx, actor, {}),
  "programs, page 2": async (ctx, actor) => {
    const { nextCursor } = await listPrograms(ctx, actor, {});
    return listPrograms(ctx, actor, nextCursor === null ? {} : { cursor: nextCursor });
  },
  "programs by blocked": (ctx, actor) => listPrograms(ctx, actor, { sort: "blocked" }),
  "programs, found": (ctx, actor) => listPrograms(ctx, actor, { q: "publisher 1" }),
  program: (ctx, actor) => getProgram(ctx, actor, LARGE),
  "program, small": (ctx, actor) => getProgram(ctx, actor, SMALL),
  "access of a program": (ctx, actor) => readAccess(ctx, actor, LARGE, undefined),
  "versions of a program": (ctx, actor) => listVersions(ctx, actor, LARGE),
  "spread of a program": (ctx, actor) => getSpread(ctx, actor, LARGE),
  "limits, 14 d": (ctx, actor) => listLimits(ctx, actor, LARGE, { range: "14d" }),
  "limits, 1 h": (ctx, actor) => listLimits(ctx, actor, LARGE, { range: "1h" }),
  "telemetry, 1 h": (ctx, actor) => readTelemetry(ctx, actor, LARGE, { range: "1h" }),
  "telemetry, 24 h": (ctx, actor) => readTelemetry(ctx, actor, LARGE, { range: "24h" }),
  "telemetry, 14 d": (ctx, actor) => readTelemetry(ctx, actor, LARGE, { range: "14d" }),
  "telemetry, 14 d, of a label": (ctx, actor) => readTelemetry(ctx, actor, LARGE, { range: "14d", region: "eu" }),
  "denials of all, 14 d": (ctx, actor) => listDenials(ctx, actor, { range: "14d" }),
  "denials of a program, 24 h": (ctx, actor) => listDenials(ctx, actor, { appId: LARGE, range: "24h" }),
  "denials of a program, 14 d": (ctx, actor) => listDenials(ctx, actor, { appId: LARGE, range: "14d" }),
  "a denial": async (ctx, actor) => {
    const { items } = await listDenials(ctx, actor, { appId: LARGE, range: "1h" });
    return getDenial(ctx, actor, items[0]?.denialId ?? "");
  },
  audit: (ctx, actor) => listAudit(ctx, actor, {}),
  "audit of a program": (ctx, actor) => listAudit(ctx, actor, { appId: LARGE }),
  "audit of an action": (ctx, actor) => listAudit(ctx, actor, { action: "change-set.publish" }),
  "audit, found nowhere": (ctx, actor) => listAudit(ctx, actor, { q: "nowhere" }),
  "export of the audit log": async (ctx, actor) => drain(await exportAuditLog(ctx, actor, "req_bench")),
  devices: (ctx, actor) => listDevices(ctx, actor, {}),
  "devices that are behind": (ctx, actor) => listDevices(ctx, actor, { state: "behind", region: "eu" }),
  device: (ctx, actor) => getDevice(ctx, actor, seededDevice(7)),
  "decisions, open": (ctx, actor) => listChangeSets(ctx, actor, { state: "open" }),
  "decisions, ended": (ctx, actor) => listChangeSets(ctx, actor, { state: "ended" }),
  draft: getDraft,
  people: (ctx, actor) => listPeople(ctx, actor, {}),
  publishers: (ctx, actor) => listPublishers(ctx, actor, {}),
  reporting: (ctx, actor) => readReporting(ctx, actor, { appId: LARGE }),
};
