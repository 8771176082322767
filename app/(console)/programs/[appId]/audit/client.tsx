"use client";

import { AuditLog } from "@/components/features/audit/audit-log";
import { ProgramSide } from "../_parts/program-frame";

/** Who decided what about this program. */
export function ProgramAuditClient({ appId }: { appId: string }) {
  return <AuditLog filter={{ appId }} renderSide={(panel) => <ProgramSide>{panel}</ProgramSide>} />;
}
