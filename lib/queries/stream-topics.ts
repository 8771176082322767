import type { QueryKey } from "@tanstack/react-query";
import type { StreamEvent } from "@/lib/contracts/stream";
import { auditRoot } from "./audit";
import { changeSetsRoot } from "./change-sets";
import { clockRoot } from "./clock";
import { continuityRoot } from "./continuity";
import { devicesRoot } from "./devices";
import { overviewRoot } from "./overview";
import { peopleRoot } from "./people";
import { denialsRoot, programRoot, programsRoot } from "./programs";
import { publishersRoot } from "./publishers";
import { readinessRoot } from "./readiness";
import { reportingRoot } from "./reporting";
import { sessionRoot } from "./session";

/** Which reads an event of the stream puts out of date, by the roots of their keys. */
export function outdatedBy({ topic, appIds }: StreamEvent): QueryKey[] {
  const programs = appIds === undefined ? [programsRoot] : appIds.map((appId) => programRoot(appId));
  switch (topic) {
    case "telemetry":
      return [
        ...(appIds ?? []).flatMap((appId) =>
          ["telemetry", "limits", "access", "detail"].map((part) => [...programRoot(appId), part]),
        ),
        [...programsRoot, "list"],
        overviewRoot,
      ];
    case "denials":
      return [
        ...(appIds ?? []).flatMap((appId) => ["denials", "detail"].map((part) => [...programRoot(appId), part])),
        denialsRoot,
      ];
    case "documents":
      return [programsRoot, denialsRoot, changeSetsRoot, devicesRoot, overviewRoot, readinessRoot, continuityRoot];
    case "devices":
      return [devicesRoot, overviewRoot, programsRoot, [...changeSetsRoot, "one"]];
    case "change-sets":
      return [changeSetsRoot, overviewRoot, sessionRoot];
    case "programs":
      return [...programs, [...programsRoot, "list"], overviewRoot, sessionRoot];
    case "publishers":
      return [publishersRoot];
    case "people":
      return [peopleRoot, sessionRoot, overviewRoot];
    case "audit":
      return [auditRoot];
    case "sessions":
      return [sessionRoot];
    case "reporting":
      return [reportingRoot];
    case "readiness":
      return [readinessRoot, continuityRoot, clockRoot];
  }
}
