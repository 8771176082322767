"use client";

import { type DehydratedState, HydrationBoundary, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { DataTable } from "@/components/blocks/data-table";
import { NowProvider } from "@/components/blocks/now";
import { Panel } from "@/components/blocks/panel";
import { PreferencesProvider } from "@/components/blocks/preferences";
import { QueryView } from "@/components/blocks/query-view";
import { ShortcutsProvider } from "@/components/blocks/shortcuts";
import { InviteForm } from "@/components/features/people/invite-form";
import { personColumns } from "@/components/features/people/person-columns";
import { Button } from "@/components/ui/button";
import { Mark } from "@/components/ui/mark";
import { State } from "@/components/ui/state";
import { TextLink } from "@/components/ui/text-link";
import type { PeopleList } from "@/lib/contracts/people";
import type { Preferences } from "@/lib/format/preferences";
import { peopleQuery } from "@/lib/queries/people";
import { makeQueryClient } from "@/lib/queries/query-client";

type SetUpClientProps = {
  platformName: string;
  environment: string;
  preferences: Preferences;
  nowMs: number;
  state: DehydratedState;
};

export function SetUpClient({ platformName, environment, preferences, nowMs, state }: SetUpClientProps) {
  const [client] = useState(makeQueryClient);
  return (
    <QueryClientProvider client={client}>
      <HydrationBoundary state={state}>
        <PreferencesProvider initial={preferences}>
          <NowProvider initialMs={nowMs}>
            <ShortcutsProvider>
              <SetUp platformName={platformName} environment={environment} />
            </ShortcutsProvider>
          </NowProvider>
        </PreferencesProvider>
      </HydrationBoundary>
    </QueryClientProvider>
  );
}

function SetUp({ platformName, environment }: { platformName: string; environment: string }) {
  // Others join by their own links while this page is open; before set-up ends there is little else to listen to.
  const query = useQuery({ ...peopleQuery({}), refetchInterval: 3000 });
  return (
    <>
      <main className="mx-auto grid w-full max-w-180 content-start gap-4 pt-12 pb-8">
        <div>
          <h1 className="text-page">Set up {platformName}</h1>
          <p className="text-muted">Everything so far is kept; you can close this page and come back.</p>
        </div>
        <Panel
          title={
            <span className="inline-flex items-center gap-3">
              <Mark name="yes" title="done" /> Platform and keys
            </span>
          }
          actions={
            <span className="text-muted">
              {platformName}, {environment}
            </span>
          }
        />
        <QueryView query={query} name="People">
          {(list) => <People list={list} />}
        </QueryView>
      </main>
      <p className="py-4 text-hint text-muted">The set-up link ended when you used it.</p>
    </>
  );
}

function People({ list }: { list: PeopleList }) {
  const { approvers, approversNeeded, isComplete } = list.setUp;
  const invited = list.items.filter(({ state }) => state === "invited").map(({ name }) => name);
  const isDone = isComplete || approvers >= approversNeeded;
  return (
    <Panel
      title="People"
      actions={
        <State mark={isDone ? "yes" : "waiting"}>
          {approvers} of {approversNeeded} can approve
        </State>
      }
      footer={
        <>
          <span className="flex-1">
            {isDone
              ? "Set-up is done."
              : invited.length > 0
                ? `Waits for ${invited.join(" and ")} to join.`
                : "Invite two more people."}
          </span>
          {/* A full load: the frame reads anew who is signed in and that set-up is over. */}
          <Button
            size="small"
            disabled={!isDone}
            tone={isDone ? "primary" : "plain"}
            onClick={() => window.location.assign("/")}
          >
            Continue
          </Button>
        </>
      }
    >
      <DataTable
        id="set-up"
        caption="People"
        columns={personColumns(list.items)}
        rows={list.items}
        keyOf={(row) => row.id}
      />
      {!isDone && (
        <div className="grid gap-3 border-line border-t p-4">
          <InviteForm />
          <p className="max-w-[72ch] text-muted">
            An admin never approves, so set-up is done when two others can. Widening takes a proposer and another
            person. A link or code that is lost, or has ended, is made again on{" "}
            <TextLink href="/people" className="underline">
              People
            </TextLink>
            .
          </p>
        </div>
      )}
    </Panel>
  );
}
