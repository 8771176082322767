"use client";

import { Panel } from "@/components/blocks/panel";
import type { ChartEvent } from "@/components/blocks/time-chart";
import { TimeChart } from "@/components/blocks/time-chart";
import { TextLink } from "@/components/ui/text-link";
import type { PortalDenial } from "@/lib/contracts/portal";
import type { DenialDetail } from "@/lib/contracts/programs";
import { formatCount, plural } from "@/lib/format/count";
import { formatDuration } from "@/lib/format/duration";
import { formatInstant } from "@/lib/format/instant";
import { formatRevision } from "@/lib/format/revision";

type Told = NonNullable<DenialDetail["changed"]>;
/** To developers no decision is named. */
type Changed = Told | NonNullable<PortalDenial["changed"]>;
type Named = Pick<Told["marks"][number], "changeSetId" | "changeSetNumber">;

const decisionOf = (one: object & Partial<Named>): Named => ({
  changeSetId: one.changeSetId ?? null,
  changeSetNumber: one.changeSetNumber ?? null,
});

const HOUR_MS = 3_600_000;
const MADE = { publish: "Revision", suspension: "Suspended by revision", lift: "Suspension lifted by revision" };

/** What stood beside the first refusal: the program or the policy, in one sentence, and the week by hours. */
export function WhatChanged(props: { versionCode: number | null; changed: Changed }) {
  const { changed } = props;
  const { hours, marks } = changed;
  const startMs = Date.parse(changed.since);
  const events: ChartEvent[] = marks.map((mark) => {
    const { kind, at, position, versionCode } = mark;
    const { changeSetId, changeSetNumber } = decisionOf(mark);
    return {
      ...{ kind, at },
      title:
        kind === "version"
          ? `Version ${versionCode} live, ${formatInstant(at)}`
          : `${MADE[kind]} ${formatRevision(position)}${changeSetNumber === null ? "" : `, change set ${changeSetNumber}`}, ${formatInstant(at)}`,
      href: changeSetId === null ? undefined : `/policy/${changeSetId}`,
    };
  });
  const total = hours.reduce((sum, one) => sum + one, 0);
  return (
    <Panel title="What changed" about="7 d, denials of this cause an hour">
      <div className="grid grid-cols-[minmax(0,1fr)] gap-3 p-4">
        <p className="max-w-prose">
          <Headline {...props} />
        </p>
        <TimeChart
          title="Denials of this cause"
          times={hours.map((_, hour) => new Date(startMs + hour * HOUR_MS).toISOString())}
          series={[{ name: "denials", tone: "blocked", values: hours }]}
          events={events}
          isLastRunning
          format={formatCount}
          summary={`Denials of this cause an hour, 7 days: ${formatCount(total)} in all. The arrow keys move through the points.`}
        />
      </div>
    </Panel>
  );
}

function Headline({ versionCode, changed }: { versionCode: number | null; changed: Changed }) {
  const { firstAt, versionListedAt, before, endedBy, otherVersions } = changed;
  const version = `v${versionCode}`;
  const asked =
    firstAt === null ? null : (
      <>
        {version} was first refused {formatInstant(firstAt)}
      </>
    );
  if (endedBy !== null) {
    const { changeSetId, changeSetNumber } = decisionOf(endedBy);
    return (
      <>
        <strong>The policy changed, not the program.</strong>{" "}
        {endedBy.document === "platform" ? "Platform revision" : "Revision"} {formatRevision(endedBy.position)} ended
        what the revision before it let through
        {changeSetId !== null && (
          <>
            , by <TextLink href={`/policy/${changeSetId}`}>change set {changeSetNumber}</TextLink>
          </>
        )}
        . {asked}
        {asked !== null && "."}
      </>
    );
  }
  const others = otherVersions.filter(({ times }) => times > 0);
  const never = otherVersions.filter(({ times }) => times === 0);
  const after = firstAt === null || versionListedAt === null ? null : Date.parse(firstAt) - Date.parse(versionListedAt);
  const told = (
    <>
      {asked}
      {asked !== null && after !== null && after >= 0 && `, ${formatDuration(after)} after it went live`}
      {asked !== null && "."}
      {others.length > 0 &&
        ` ${others.map(({ versionCode: code, times }) => `v${code} was refused the same ${plural(times, "time")}`).join(", ")}.`}
      {never.length > 0 &&
        ` Of ${never.map(({ versionCode: code }) => `v${code}`).join(", ")} no such refusal is known.`}
    </>
  );
  if (before !== "never") return told;
  return others.length === 0 && never.length > 0 ? (
    <>
      <strong>The program changed, not the policy.</strong> No revision that was looked at let it through. {told}
    </>
  ) : (
    <>
      <strong>It was not let through before either.</strong> No revision that was looked at let it through. {told}
    </>
  );
}
