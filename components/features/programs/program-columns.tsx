import type { Column } from "@/components/blocks/data-table";
import { State } from "@/components/ui/state";
import type { ProgramRow } from "@/lib/contracts/programs";
import { ProgramState } from "./program-state";

export const stateColumn: Column<Pick<ProgramRow, "status" | "liveVersion" | "isHeld">> = {
  id: "state",
  head: "State",
  width: 120,
  cell: (row) => <ProgramState status={row.status} hasVersion={row.liveVersion !== null} isHeld={row.isHeld} />,
};

/** The version that is live, and the one that waits to be. */
export const versionColumn: Column<Pick<ProgramRow, "liveVersion" | "waitingVersion">> = {
  id: "version",
  head: "Version",
  width: 136,
  priority: 2,
  cell: (row) => (
    <span className="inline-flex items-center gap-2">
      <bdi>{row.liveVersion?.name ?? "–"}</bdi>
      {row.waitingVersion && (
        <State mark="waiting">
          <bdi>{row.waitingVersion.name}</bdi>
        </State>
      )}
    </span>
  ),
};
