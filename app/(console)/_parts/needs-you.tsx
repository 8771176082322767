"use client";

import { ChevronRight } from "lucide-react";
import Link from "next/link";
import { EmptyState } from "@/components/blocks/empty-state";
import { useNow } from "@/components/blocks/now";
import { Panel } from "@/components/blocks/panel";
import { State } from "@/components/ui/state";
import type { Overview } from "@/lib/contracts/overview";
import { formatDuration } from "@/lib/format/duration";
import { formatInstant, formatWhen } from "@/lib/format/instant";

type Waiting = Overview["waiting"][number];

const KINDS: Record<Waiting["kind"], string> = {
  "change-set": "To approve",
  submission: "Version",
  "sign-in": "Hand over",
  "set-up": "Set-up",
  limit: "Limit",
};

/** Each row is one thing to do, and one act that begins it. */
export function NeedsYou({ waiting }: { waiting: readonly Waiting[] }) {
  const nowMs = useNow();
  return (
    <Panel title="Needs you now" about="most urgent first">
      {waiting.length === 0 ? (
        <EmptyState title="Nothing waits">
          Proposals of others, submitted versions and limits that programs reach appear here.
        </EmptyState>
      ) : (
        <ul>
          {waiting.map((item) => (
            <li key={`${item.kind} ${item.id}`} className="border-line border-b last:border-b-0">
              <Link
                href={item.href}
                className="grid min-h-13 grid-cols-[112px_minmax(0,1fr)_auto_auto] items-center gap-x-4 px-4 py-2 -outline-offset-2 hover:bg-hover max-phone:grid-cols-[minmax(0,1fr)_auto]"
              >
                <span className="self-start max-phone:hidden">
                  <State mark={item.kind === "limit" ? "differs" : "waiting"}>{KINDS[item.kind]}</State>
                </span>
                <span className="min-w-0">
                  <strong className="block leading-4 wrap-anywhere">
                    <bdi>{item.title}</bdi>
                  </strong>
                  <span className="mt-0.5 block text-muted leading-4 wrap-anywhere">{item.detail}</span>
                </span>
                <time
                  dateTime={item.since}
                  title={formatInstant(item.since)}
                  className="text-right leading-4 max-phone:hidden"
                >
                  <span className="block whitespace-nowrap">{formatDuration(nowMs - Date.parse(item.since))}</span>
                  <span className="mt-0.5 block whitespace-nowrap text-muted">{formatWhen(item.since, nowMs)}</span>
                </time>
                <span className="flex items-center gap-1 whitespace-nowrap font-medium">
                  {item.action}
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
