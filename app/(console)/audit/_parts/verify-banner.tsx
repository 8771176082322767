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

/** Whether the log is what was signed, as its heads, the documents and the keysets say. */
export function VerifyBanner() {
  const query = useQuery(auditVerificationQuery());
  const again = (
    <Button size="small" busy={query.isFetching && "Verifying…"} onClick={() => void query.refetch()}>
      Verify again
    </Button>
  );
  return (
    <QueryView
      query={query}
      name="The log"
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

const FINDINGS_SHOWN = 5;

function Verdict({ verification, action }: { verification: AuditVerification; action: React.ReactNode }) {
  const { isWhole, firstBadSequence, findings, findingsTotal, checkedAt } = verification;
  if (!isWhole) {
    const shown = findings.slice(0, FINDINGS_SHOWN);
    return (
      <Callout tone="danger" icon={<TriangleAlert size={16} aria-hidden />} action={action}>
        <p>
          <strong>
            The log is not what was signed
            {firstBadSequence === null ? "" : `, from entry ${formatCount(firstBadSequence)} on`}.
          </strong>{" "}
          {formatTimeWithSeconds(checkedAt)} UTC.
        </p>
        <ul>
          {shown.map(({ problem, says, sequence }) => (
            <li key={`${problem} ${sequence} ${says}`}>
              {sequence === null ? "" : `Entry ${formatCount(sequence)}: `}
              {says}.
            </li>
          ))}
        </ul>
        {findingsTotal > shown.length && <p>And {formatCount(findingsTotal - shown.length)} more.</p>}
        <Checked {...verification} />
      </Callout>
    );
  }
  return (
    <Callout icon={<Mark name="yes" />} action={action}>
      <p>
        <strong>Log verified: {plural(verification.entries, "entry", "entries")}, no gap.</strong>{" "}
        {formatTimeWithSeconds(checkedAt)} UTC.
      </p>
      <Checked {...verification} />
    </Callout>
  );
}

/** What was held against what; in words that say how far a "verified" reaches. */
function Checked({
  entries,
  head,
  heads,
  documents,
  keysets,
  signedFrom,
  vouchedSequence,
  lost,
  losses,
  tornLines,
}: AuditVerification) {
  const later = entries - vouchedSequence;
  const loss = losses.at(-1);
  return (
    <p className="text-muted">
      Checked: {plural(heads, "signed head")}, {plural(documents, "signed document")}, {plural(keysets, "keyset")} from
      the root keys.{" "}
      {head !== null && (
        <>
          The last is entry {formatCount(head.sequence)}, <code>{cutMiddle(head.sha256, 8, 4)}</code>.{" "}
        </>
      )}
      {signedFrom !== null && signedFrom > 1 && `Heads are signed from entry ${formatCount(signedFrom)} on. `}
      {later > 0 && `The last ${plural(later, "entry", "entries")} will be signed within a minute. `}
      {loss !== undefined &&
        `Entry ${formatCount(loss.sequence)} says that what stood there before was lost (${formatTimeWithSeconds(loss.at)} UTC). `}
      {lost > 0 && `Set aside with it: ${plural(lost, "head")}. `}
      {tornLines > 0 && `Unfinished lines in the files of heads: ${formatCount(tornLines)}.`}
    </p>
  );
}
