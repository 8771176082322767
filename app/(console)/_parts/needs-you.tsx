"use client";

import { ChevronRight } from "lucide-react";
import Link from "next/link";
import { EmptyState } from "@/components/blocks/empty-state";
import { useNow } from "@/components/blocks/now";
import { Panel } from "@/components/blocks/panel";
import { formatLimit, LIMIT_WORDS } from "@/components/features/programs/limit-words";
import type { MarkName } from "@/components/ui/mark";
import { State } from "@/components/ui/state";
import type { Overview } from "@/lib/contracts/overview";
import { plural } from "@/lib/format/count";
import { formatDuration } from "@/lib/format/duration";
import { formatInstant, formatTime, formatWhen } from "@/lib/format/instant";

type Waiting = Overview["waiting"][number];

const KINDS: Record<Waiting["kind"], { word: string; mark: MarkName }> = {
  "set-up": { word: "Set-up", mark: "waiting" },
  log: { word: "Audit log", mark: "differs" },
  denial: { word: "Refused", mark: "no" },
  limit: { word: "Limit", mark: "differs" },
  suspension: { word: "Suspended", mark: "suspended" },
  "change-set": { word: "To approve", mark: "waiting" },
  submission: { word: "Version", mark: "waiting" },
  ending: { word: "Ends", mark: "ask" },
  "sign-in": { word: "Hand over", mark: "waiting" },
};

/** What a row is about, in words; a limit is named as everywhere. */
function titleOf({ title, limit }: Waiting): string {
  if (limit === null) return title;
  const { title: name } = LIMIT_WORDS[limit.name];
  const of = limit.max === null ? "" : ` of ${formatLimit(limit.name, limit.max)}`;
  return `${title} is held back by its limit${of}: ${asPartOfSentence(name)}`;
}

/** "Requests a second" begins small, "CPU time a minute" as it is. */
const asPartOfSentence = (name: string): string =>
  /^[A-Z]{2}/.test(name) ? name : name.charAt(0).toLowerCase() + name.slice(1);

const DETAIL_OF_LIMIT = "Devices held it back in this hour or the one before.";

/** What the act comes to, with how long there is for it. */
function actOf({ kind, action, until }: Waiting, nowMs: number): string {
  if (kind !== "suspension" || until === null) return action;
  return `${action}, ${formatDuration(Math.max(0, Date.parse(until) - nowMs))} left`;
}

/** Since when it waits; of what ends, when it does. */
function TimeOf({ item, nowMs }: { item: Waiting; nowMs: number }) {
  const isEnding = item.kind === "ending" && item.until !== null;
  const at = isEnding ? item.until : item.since;
  if (at === null) {
    return (
      <span className="text-right text-muted leading-4 max-phone:hidden" title="Since when is not known">
        –
      </span>
    );
  }
  const length = formatDuration(nowMs - Date.parse(at));
  return (
    <time dateTime={at} title={formatInstant(at)} className="text-right leading-4 max-phone:hidden">
      <span className="block whitespace-nowrap">
        {isEnding ? (Date.parse(at) < nowMs ? `${length} ago` : `in ${length}`) : length}
      </span>
      <span className="mt-0.5 block whitespace-nowrap text-muted">{formatWhen(at, nowMs)}</span>
    </time>
  );
}

/** Each row is one thing to do, and one act that begins it. */
export function NeedsYou({ overview: { waiting, loop, now } }: { overview: Overview }) {
  const nowMs = useNow();
  return (
    <Panel title="Needs you now" about="most urgent first">
      {waiting.length === 0 ? (
        <EmptyState title="Nothing waits">
          {whatWasMeasured(loop)} Asked at {formatTime(now)} UTC.
        </EmptyState>
      ) : (
        <ul className="grid grid-cols-[112px_minmax(0,1fr)_auto_auto] gap-x-4 max-phone:grid-cols-[minmax(0,1fr)_auto]">
          {waiting.map((item) => (
            <li
              key={`${item.kind} ${item.id}`}
              className="col-span-full grid grid-cols-subgrid border-line border-b last:border-b-0"
            >
              <Link
                href={item.href}
                className="col-span-full grid min-h-13 grid-cols-subgrid items-center px-4 py-2 -outline-offset-2 hover:bg-hover"
              >
                <span className="self-start max-phone:hidden">
                  <State mark={KINDS[item.kind].mark}>{KINDS[item.kind].word}</State>
                </span>
                <span className="min-w-0 max-phone:col-span-full">
                  <strong className="block leading-4 wrap-anywhere">
                    <bdi>{titleOf(item)}</bdi>
                  </strong>
                  <span className="mt-0.5 block text-muted leading-4 wrap-anywhere">
                    {item.limit === null ? item.detail : DETAIL_OF_LIMIT}
                  </span>
                </span>
                <TimeOf item={item} nowMs={nowMs} />
                <span className="flex items-center justify-end gap-1 whitespace-nowrap font-medium max-phone:col-span-full max-phone:mt-1">
                  {actOf(item, nowMs)}
                  <ChevronRight size={16} aria-hidden className="text-muted" />
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** Nothing is well that nobody looked at: what no device reports of is said to be unknown. */
function whatWasMeasured({ devices, newestTelemetryAt }: Overview["loop"]): string {
  const decisions = "No proposal, version, suspension or end in 7 days waits for you.";
  if (newestTelemetryAt === null || devices.seen24h === 0) {
    return `${decisions} No device reported in 24 h, so what programs were refused and which limits held them back is not known.`;
  }
  const told = plural(devices.seen24h, "device");
  return `${decisions} ${told} reported in 24 h: nothing was refused for the first time, and no limit held anything back in this hour or the one before.`;
}
