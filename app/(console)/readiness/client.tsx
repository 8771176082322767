"use client";

import { useQuery } from "@tanstack/react-query";
import { PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { QueryView } from "@/components/blocks/query-view";
import type { Readiness } from "@/lib/contracts/readiness";
import { plural } from "@/lib/format/count";
import { clockQuery } from "@/lib/queries/clock";
import { continuityQuery } from "@/lib/queries/continuity";
import { readinessQuery } from "@/lib/queries/readiness";
import { CheckList } from "./_parts/check-list";
import { ClockPanel } from "./_parts/clock-panel";
import { ContinuityPanel } from "./_parts/continuity-panel";
import { JobsPanel } from "./_parts/jobs-panel";
import { QueuesPanel } from "./_parts/queues-panel";
import { ThreadsPanel } from "./_parts/threads-panel";

/** Whether a decision would get out now: everything that the server stands on, tried, with what to do where it fails. */
export function ReadinessClient() {
  const query = useQuery(readinessQuery());
  const clock = useQuery(clockQuery());
  const continuity = useQuery(continuityQuery());
  return (
    <PageMain>
      <PageHead title="Readiness" {...(query.data === undefined ? {} : { sub: summarise(query.data) })} />
      <div className="grid gap-6">
        <div className="grid items-start gap-6 two:grid-cols-[minmax(0,1fr)_var(--spacing-aside)]">
          <QueryView query={query} name="Readiness" unaffected="Devices keep what they have.">
            {(readiness) => <CheckList readiness={readiness} />}
          </QueryView>
          <div className="grid gap-6">
            <QueryView query={clock} name="The clock" unaffected="Suspensions go out at once.">
              {(view) => <ClockPanel view={view} />}
            </QueryView>
            {query.data !== undefined && query.data.threads.length > 0 && <ThreadsPanel threads={query.data.threads} />}
            {query.data !== undefined && query.data.queues.length > 0 && <QueuesPanel queues={query.data.queues} />}
            {query.data !== undefined && query.data.jobs.length > 0 && <JobsPanel jobs={query.data.jobs} />}
          </div>
        </div>
        <QueryView query={continuity} name="Continuity" unaffected="Suspensions go out at once.">
          {(view) => <ContinuityPanel view={view} />}
        </QueryView>
      </div>
    </PageMain>
  );
}

function summarise({ checks }: Readiness): string {
  const count = (state: Readiness["state"]) => checks.filter((check) => check.state === state).length;
  const [failed, warned] = [count("failed"), count("warn")];
  if (failed === 0 && warned === 0) return `All ${checks.length} checks pass. Each is a try of what it names.`;
  const parts = [
    ...(failed === 0 ? [] : [`${failed} ${failed === 1 ? "fails" : "fail"}`]),
    ...(warned === 0 ? [] : [`${warned} ${warned === 1 ? "warns" : "warn"}`]),
  ];
  return `Of ${plural(checks.length, "check")} ${parts.join(", ")}.`;
}
