"use client";

import { Fragment, type ReactNode } from "react";
import { Panel } from "@/components/blocks/panel";
import { RuleName } from "@/components/features/denials/rule-name";
import { State } from "@/components/ui/state";
import { useIsPhone } from "@/components/ui/use-is-phone";
import type { DenialDetail } from "@/lib/contracts/programs";
import { formatInstant } from "@/lib/format/instant";
import { type AfterCheck, ENGLISH, sayNearest, sayStep } from "@/native/core/decide/say-trace";
import type { Step as TracedStep } from "@/native/core/decide/trace";

type Step = DenialDetail["ladder"][number];

const MARKS = { passed: "yes", failed: "no", not_reached: "none", unknown: "none" } as const;
const WORDS = { passed: "passed", failed: "failed", not_reached: "not reached", unknown: "not known" } as const;

/** Every check in the order in which the runtime makes them, with what each saw. */
export function Ladder({ denial }: { denial: Pick<DenialDetail, "ladder" | "rule" | "nearest" | "code"> }) {
  const { ladder, rule, nearest, code } = denial;
  const count = (state: Step["state"]) => ladder.filter((step) => step.state === state).length;
  const near = nearest === null ? null : sayNearest(nearest);
  const isPhone = useIsPhone();
  const rung = (step: Step) => <Rung key={step.check} step={step} rule={rule} near={near} code={code} />;
  return (
    <Panel
      title="Why"
      isAboutLong
      about={`${ladder.length} checks in the order the runtime makes them: ${(
        ["passed", "failed", "not_reached", "unknown"] as const
      )
        .filter((state) => state !== "unknown" || count(state) > 0)
        .map((state) => `${count(state)} ${WORDS[state]}`)
        .join(", ")}`}
    >
      {isPhone && (
        <div className="divide-y divide-line">
          <Folded steps={ladder} state="passed" rung={rung} />
          <ul>{ladder.filter(({ state }) => state === "failed").map(rung)}</ul>
          <Folded steps={ladder} state="not_reached" rung={rung} />
          <Folded steps={ladder} state="unknown" rung={rung} />
        </div>
      )}
      {(isPhone ? [] : groupsOf(ladder)).map(({ title, steps }) => (
        <Fragment key={title}>
          <h3 className="flex min-h-7 items-center border-line border-b bg-sunken px-4 text-label text-muted">
            {title}
          </h3>
          <ul className="py-1">{steps.map(rung)}</ul>
        </Fragment>
      ))}
    </Panel>
  );
}

type FoldedProps = { steps: readonly Step[]; state: Step["state"]; rung(step: Step): ReactNode };

/** On a phone the checks fold around the one that failed. */
function Folded({ steps, state, rung }: FoldedProps) {
  const those = steps.filter((step) => step.state === state);
  if (those.length === 0) return null;
  return (
    <details>
      <summary className="flex min-h-11 cursor-pointer items-center gap-2 px-4">
        <State mark={MARKS[state]}>{`${those.length} ${WORDS[state]}`}</State>
      </summary>
      <ul className="pb-2">{those.map(rung)}</ul>
    </details>
  );
}

function Rung({ step, rule, near, code }: { step: Step; rule: string | null; near: string | null; code: string }) {
  const isFailed = step.state === "failed";
  const isQuiet = step.state === "not_reached" || step.state === "unknown";
  const said = say(step, code);
  return (
    <li
      className={`grid grid-cols-[16px_minmax(0,210px)_minmax(0,1fr)_auto] items-baseline gap-x-3 px-4 max-phone:grid-cols-[16px_minmax(0,1fr)] ${isFailed ? "edge-blocked bg-tint-blocked py-1.5" : "py-0.5"}`}
    >
      <State mark={MARKS[step.state]} title={WORDS[step.state]} isQuiet={isQuiet} />
      <code className={`truncate ${isFailed ? "font-semibold text-blocked" : isQuiet ? "text-muted" : ""}`}>
        {step.code}
      </code>
      <bdi
        className={`min-w-0 wrap-anywhere max-phone:col-start-2 ${isFailed ? "font-semibold" : isQuiet || !step.isRecorded ? "text-muted" : ""}`}
      >
        {said}
        {isFailed && near !== null && <span className="block font-normal">{near}</span>}
      </bdi>
      <span className="whitespace-nowrap text-muted max-phone:col-start-2">
        {step.layer}
        {isFailed && rule !== null && (
          <>
            , <RuleName pointer={rule} />
          </>
        )}
      </span>
    </li>
  );
}

/** In words; what was not recorded says so, and the failing one then the device's own code. */
function say(step: Step, code: string): string | null {
  const { check, state, saw } = step;
  if (state === "unknown") return "not known";
  if (check in ENGLISH.after) return ENGLISH.after[check as AfterCheck][state];
  if (!step.isRecorded && state === "failed") return `${ENGLISH.notRecorded}; the device said ${code}`;
  if (!step.isRecorded && state === "passed") return ENGLISH.notRecorded;
  if (state === "not_reached") return WORDS.not_reached;
  if (saw === null) return null;
  // Safe: the server builds the ladder from the evaluator's own checks.
  const traced = { ...step, ...saw, state } as Extract<TracedStep, { state: "passed" | "failed" }>;
  return sayStep(traced, ENGLISH, sayTime);
}

const HOST_CHECKS = ["URL", "SCHEME", "HOST", "BLOCKED", "RULE", "RULE_TIME", "PORT", "PURPOSE"];

function groupsOf(ladder: readonly Step[]): { title: string; steps: Step[] }[] {
  const isHost = ({ check }: Step) => HOST_CHECKS.includes(check);
  const isAfter = ({ check }: Step) => check in ENGLISH.after || check === "RATES";
  return [
    { title: "API call", steps: ladder.filter((step) => !isHost(step) && !isAfter(step)) },
    { title: "Host decision", steps: ladder.filter(isHost) },
    { title: "Request and connection", steps: ladder.filter(isAfter) },
  ].filter(({ steps }) => steps.length > 0);
}

/** The number where no calendar has it. */
function sayTime(seconds: number): string {
  return Number.isNaN(new Date(seconds * 1000).getTime()) ? String(seconds) : formatInstant(seconds * 1000);
}
