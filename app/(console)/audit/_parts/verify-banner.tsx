"use client";

import { useQuery } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Mark } from "@/components/ui/mark";
import { Skeleton } from "@/components/ui/skeleton";
import type { AuditVerification } from "@/lib/contracts/audit";
import { formatCount, plural } from "@/lib/format/count";
import { cutMiddle } from "@/lib/format/identifier";
import { formatTimeWithSeconds } from "@/lib/format/instant";
import { auditVerificationQuery } from "@/lib/queries/audit";

/** Whether the log is whole, as the chain itself says. */
export function VerifyBanner() {
  const query = useQuery(auditVerificationQuery());
  const again = (
    <Button size="small" disabled={query.isFetching} onClick={() => void query.refetch()}>
      {query.isFetching ? "Verifying…" : "Verify again"}
    </Button>
  );
  return (
    <QueryView
      query={query}
      name="The chain"
      loading={
        <Panel isPadded>
          <Skeleton className="w-1/2" />
        </Panel>
      }
    >
      {(data) => <Verdict verification={data} action={again} />}
    </QueryView>
  );
}

function Verdict({ verification, action }: { verification: AuditVerification; action: React.ReactNode }) {
  const { isWhole, entries, head, firstBadSequence, problem, witnessed, checkedAt } = verification;
  if (!isWhole) {
    return (
      <Callout tone="danger" icon={<TriangleAlert size={16} aria-hidden />} action={action}>
        <p>
          <strong>
            The chain does not hold{firstBadSequence === null ? "" : ` at entry ${formatCount(firstBadSequence)}`}.
          </strong>{" "}
          {problem}
        </p>
        <p>
          Checked {formatTimeWithSeconds(checkedAt)} UTC over {plural(entries, "entry", "entries")}.
        </p>
      </Callout>
    );
  }
  return (
    <Callout icon={<Mark name="yes" />} action={action}>
      <p>
        <strong>Chain verified: {plural(entries, "entry", "entries")}, no gap.</strong>{" "}
        {formatTimeWithSeconds(checkedAt)} UTC.
      </p>
      <p className="text-muted">
        {head === null ? (
          "Nothing was written yet."
        ) : (
          <>
            The head is entry {formatCount(head.sequence)}, <code>{cutMiddle(head.sha256, 8, 4)}</code>.{" "}
            {witnessed === null
              ? "No platform document carries a head yet."
              : witnessed.isContained
                ? `Devices hold entry ${formatCount(witnessed.sequence)} by the newest platform document; it is in this log.`
                : `Devices hold entry ${formatCount(witnessed.sequence)}, which this log does not contain.`}
          </>
        )}
      </p>
    </Callout>
  );
}
