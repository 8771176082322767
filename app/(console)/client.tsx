"use client";

import { useQuery } from "@tanstack/react-query";
import { PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { Measure } from "@/components/features/measures/measure";
import { ReportingLine } from "@/components/features/reporting/reporting-line";
import { TextLink } from "@/components/ui/text-link";
import type { Overview } from "@/lib/contracts/overview";
import { plural } from "@/lib/format/count";
import { overviewQuery } from "@/lib/queries/overview";
import { LoopHealth } from "./_parts/loop-health";
import { NeedsYou } from "./_parts/needs-you";
import { RecentDecisions } from "./_parts/recent-decisions";

const KINDS: Record<Overview["waiting"][number]["kind"], readonly [string, string]> = {
  "set-up": ["set-up", "set-ups"],
  log: ["broken log", "broken logs"],
  denial: ["program refused something new", "programs refused something new"],
  limit: ["limit", "limits"],
  suspension: ["suspension", "suspensions"],
  "change-set": ["change set", "change sets"],
  submission: ["version", "versions"],
  ending: ["end", "ends"],
  "sign-in": ["half of a sign-in", "halves of sign-ins"],
};

/** "1 limit, 2 change sets": what the number in the title is made of. */
function whatWaits({ waiting, isMoreWaiting }: Overview): string {
  const parts = Object.entries(KINDS).flatMap(([kind, [one, many]]) => {
    const count = waiting.filter((item) => item.kind === kind).length;
    return count === 0 ? [] : [plural(count, one, many)];
  });
  const rest = isMoreWaiting ? "More comes up as these are decided." : "Nothing else needs a decision.";
  return parts.length === 0 && !isMoreWaiting ? "Nothing needs a decision." : `${parts.join(", ")}. ${rest}`;
}

const waitingTitle = (count: number, isMore: boolean) => (
  <Measure name="waiting" value={count}>
    {isMore ? "At least " : ""}
    {plural(count, "thing")} {count === 1 ? "waits" : "wait"} for you
  </Measure>
);

export function OverviewClient() {
  const query = useQuery(overviewQuery());
  const count = query.data?.waiting.length ?? 0;
  return (
    <PageMain>
      <PageHead
        title={
          query.data === undefined
            ? "Overview"
            : count === 0 && !query.data.isMoreWaiting
              ? "Nothing waits for you"
              : waitingTitle(count, query.data.isMoreWaiting)
        }
        {...(query.data === undefined ? {} : { sub: whatWaits(query.data) })}
      />
      <QueryView query={query} name="The overview" unaffected="Devices and publishing are unaffected.">
        {(overview) => (
          <div className="grid gap-6">
            <ReportingLine isForLoadAlone />
            <div className="grid items-stretch gap-6 two:grid-cols-[minmax(0,1fr)_var(--spacing-aside)]">
              <NeedsYou overview={overview} />
              <LoopHealth loop={overview.loop} />
            </div>
            <Panel
              title="Recent decisions"
              about="24 h"
              actions={<TextLink href="/policy?state=ended">See all</TextLink>}
            >
              <RecentDecisions decisions={overview.recent} />
            </Panel>
          </div>
        )}
      </QueryView>
    </PageMain>
  );
}
