"use client";

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { CommandLine } from "@/components/blocks/command-line";
import { PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { Mark } from "@/components/ui/mark";
import { TextLink } from "@/components/ui/text-link";
import { plural } from "@/lib/format/count";
import { deviceListQuery } from "@/lib/queries/devices";
import { programListQuery } from "@/lib/queries/programs";
import { publisherListQuery } from "@/lib/queries/publishers";
import { type Seen, type StepName, seenSteps } from "./seen-steps";

type Step = { title: string; who: string; how(url: string): ReactNode };

const STEPS: Record<StepName, Step> = {
  publisher: {
    title: "Add a publisher",
    who: "an operator",
    how: () => (
      <p>
        Whoever signs bundles.{" "}
        <TextLink className="underline" href="/publishers">
          Publishers
        </TextLink>
        , then “Add publisher”.
      </p>
    ),
  },
  key: {
    title: "Let its key in",
    who: "the publisher, then two people",
    how: () => (
      <>
        <CommandLine text="npx bulkhead keygen" />
        <p>
          The private half stays with the publisher. Paste the public half in its panel on{" "}
          <TextLink className="underline" href="/publishers">
            Publishers
          </TextLink>
          ; a key takes a proposer and another who approves.
        </p>
      </>
    ),
  },
  program: {
    title: "Register the program",
    who: "an operator",
    how: () => (
      <p>
        An app id belongs to one publisher for good.{" "}
        <TextLink className="underline" href="/programs">
          Programs
        </TextLink>
        , then “Register program”.
      </p>
    ),
  },
  version: {
    title: "Write it and hand it in",
    who: "the publisher",
    how: (url) => (
      <>
        <CommandLine text="npx bulkhead init my-program --app-id APP_ID" />
        <CommandLine text="npx bulkhead pack my-program" />
        <CommandLine text="npx bulkhead sign APP_ID-1.ma --key publisher.key.pem" />
        <CommandLine text={`npx bulkhead submit APP_ID-1.ma --server ${url}`} />
        <p>
          Submitting takes a token of the publisher: “Make a token” in its panel. An admin makes it best, since whoever
          makes one approves nothing of that publisher.
        </p>
      </>
    ),
  },
  listed: {
    title: "Approve the version",
    who: "an operator",
    how: () => (
      <p>
        On the program's Versions tab. One approval lists it; whatever is not public is granted on its Access tab by two
        people.
      </p>
    ),
  },
  device: {
    title: "Enrol a host",
    who: "an admin or an operator",
    how: () => (
      <>
        <CommandLine text="npx bulkhead enroll enrolment.json --data host-data" />
        <p>
          The file is made on{" "}
          <TextLink className="underline" href="/fleet">
            Fleet
          </TextLink>
          , “Make enrolment file”; it holds a one-time token.
        </p>
      </>
    ),
  },
  runs: {
    title: "See it run",
    who: "the host",
    how: () => <p>As soon as a device tells of the program, this is ticked off.</p>,
  },
};

/** The way from an empty console to a program that runs, ticked off by what the console sees, whoever did it. */
export function StartClient({ url }: { url: string }) {
  const publishers = useQuery(publisherListQuery({}));
  const programs = useQuery(programListQuery({}));
  const devices = useQuery(deviceListQuery({}));
  return (
    <PageMain>
      <PageHead
        title="First program"
        sub="Leave whenever you like: each step is ticked off when it is seen to be done."
      />
      <QueryView query={publishers} name="Publishers">
        {(ofPublishers) => (
          <QueryView query={programs} name="Programs">
            {(ofPrograms) => (
              <QueryView query={devices} name="Devices">
                {(ofDevices) => (
                  <Steps
                    seen={seenSteps({ publishers: ofPublishers, programs: ofPrograms, devices: ofDevices })}
                    url={url}
                  />
                )}
              </QueryView>
            )}
          </QueryView>
        )}
      </QueryView>
    </PageMain>
  );
}

function Steps({ seen, url }: { seen: Seen; url: string }) {
  const names = Object.keys(STEPS) as StepName[];
  const next = names.find((name) => !seen[name].isDone);
  const left = names.filter((name) => !seen[name].isDone).length;
  return (
    <div className="grid max-w-180 gap-3">
      <p role="status" className="text-muted">
        {left === 0 ? (
          <>
            All of it is done.{" "}
            <TextLink className="underline" href="/programs">
              See the programs
            </TextLink>
          </>
        ) : (
          `${plural(left, "step")} left.`
        )}
      </p>
      <ol className="grid gap-3">
        {names.map((name, index) => (
          <li key={name} aria-current={name === next ? "step" : undefined}>
            <Panel
              title={
                <span className="inline-flex items-center gap-3">
                  {seen[name].isDone ? (
                    <Mark name="yes" title="done" />
                  ) : (
                    <span className="w-4 text-center font-normal text-muted">{index + 1}</span>
                  )}
                  {STEPS[name].title}
                </span>
              }
              actions={<span className="text-muted">{seen[name].says ?? STEPS[name].who}</span>}
            >
              {name === next && <div className="grid gap-2 p-4 [&_p_a]:underline">{STEPS[name].how(url)}</div>}
            </Panel>
          </li>
        ))}
      </ol>
    </div>
  );
}
