"use client";

import { TriangleAlert } from "lucide-react";
import { Panel } from "@/components/blocks/panel";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Sentence } from "@/components/ui/sentence";
import { State } from "@/components/ui/state";
import type { CheckState, Readiness } from "@/lib/contracts/readiness";
import { CHECKS } from "@/lib/domain/readiness-names";
import { formatDuration } from "@/lib/format/duration";

function CheckMark({ state }: { state: CheckState }) {
  if (state === "ok") return <State mark="yes">Passes</State>;
  if (state === "warn") return <State mark="waiting">Warns</State>;
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap font-medium text-danger">
      <TriangleAlert size={12} aria-hidden />
      Fails
    </span>
  );
}

/** Each check by its name, what was found, and what to do; what stops a suspension says so. */
export function CheckList({ readiness: { checks, at } }: { readiness: Readiness }) {
  return (
    <Panel
      title="Checks"
      actions={
        <span className="text-muted">
          tried <RelativeTime at={at} />
        </span>
      }
    >
      <ul>
        {checks.map(({ name, state, says, remedy, ms }) => (
          <li
            key={name}
            className="grid min-h-13 grid-cols-[84px_minmax(0,1fr)_auto] content-center gap-x-3 border-line border-b px-4 py-2 last:border-b-0 max-phone:grid-cols-[minmax(0,1fr)_auto]"
          >
            <CheckMark state={state} />
            <span className="font-medium max-phone:order-first">{CHECKS[name].title}</span>
            <span className="text-right text-hint text-muted max-phone:hidden">{formatDuration(ms)}</span>
            <div className="col-start-2 max-w-[72ch] wrap-anywhere max-phone:col-span-full max-phone:col-start-1">
              <p className={state === "ok" ? "text-muted" : undefined}>
                <Sentence text={says} />
              </p>
              {remedy !== null && (
                <p>
                  <Sentence text={remedy} />
                </p>
              )}
              {state === "failed" && CHECKS[name].stopsNarrowing && (
                <p className="text-danger">While this fails, no suspension gets out.</p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
