"use client";

import { type ReactNode, useEffect, useState } from "react";
import { Panel } from "@/components/blocks/panel";
import { State } from "@/components/ui/state";
import type { DenialDetail } from "@/lib/contracts/programs";
import { plural } from "@/lib/format/count";

type Step = DenialDetail["ladder"][number];

const MARKS = { passed: "yes", failed: "no", not_reached: "none" } as const;
const WORDS = { passed: "passed", failed: "failed", not_reached: "not reached" } as const;

/** Every check in the order in which the runtime makes them, folded around the one that failed. */
export function Ladder({
  steps,
  rule,
  nearest,
}: {
  steps: readonly Step[];
  rule: string | null;
  nearest: string | null;
}) {
  const passed = steps.filter(({ state }) => state === "passed");
  const failed = steps.filter(({ state }) => state === "failed");
  const unreached = steps.filter(({ state }) => state === "not_reached");
  return (
    <Panel
      title="Why"
      isAboutLong
      about={`${steps.length} checks in the order the runtime makes them: ${passed.length} passed, ${failed.length} failed, ${unreached.length} not reached`}
    >
      <Fold steps={passed} summary={<State mark="yes">{plural(passed.length, "check")} passed</State>} />
      <ul>
        {failed.map((step) => (
          <li key={step.check} className="edge-blocked bg-tint-blocked px-4">
            <div className="flex min-h-8 items-center gap-3">
              <State mark="no" title="failed" />
              <code className="font-semibold text-blocked">{step.code}</code>
              <span className="ml-auto whitespace-nowrap">
                {step.layer} {rule !== null && <code>{rule}</code>}
              </span>
            </div>
            {step.said !== null && (
              <p className="pb-2">
                <bdi>{nearest === null ? step.said : `${step.said}; ${nearest}`}</bdi>
              </p>
            )}
          </li>
        ))}
      </ul>
      <Fold steps={unreached} summary={<State mark="none">{plural(unreached.length, "check")} not reached</State>} />
    </Panel>
  );
}

function Fold({ steps, summary }: { steps: readonly Step[]; summary: ReactNode }) {
  const [isOpen, setOpen] = useState(true);
  useEffect(() => {
    if (window.matchMedia("(max-width: 639px)").matches) setOpen(false);
  }, []);
  if (steps.length === 0) return null;
  return (
    <details
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className="open:[&>summary]:bg-sunken"
    >
      <summary className="flex min-h-7 items-center border-line border-b px-4 text-label max-phone:min-h-11">
        {summary}
      </summary>
      <ul>
        {steps.map((step) => (
          <li key={step.check} className="flex min-h-6 items-center gap-3 px-4">
            <State mark={MARKS[step.state]} title={WORDS[step.state]} isQuiet={step.state === "not_reached"} />
            <code className={step.state === "not_reached" ? "text-muted" : ""}>{step.code}</code>
            {step.said !== null && <bdi className="min-w-0 truncate text-muted">{step.said}</bdi>}
            <span className="ml-auto text-muted">{step.layer}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
