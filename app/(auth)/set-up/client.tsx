"use client";

import {
  type DehydratedState,
  HydrationBoundary,
  QueryClientProvider,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useId, useState } from "react";
import { DataTable } from "@/components/blocks/data-table";
import { NowProvider } from "@/components/blocks/now";
import { Panel } from "@/components/blocks/panel";
import { PreferencesProvider } from "@/components/blocks/preferences";
import { QueryView } from "@/components/blocks/query-view";
import { Refusal } from "@/components/blocks/refusal";
import { RelativeTime } from "@/components/blocks/relative-time";
import { ShortcutsProvider } from "@/components/blocks/shortcuts";
import { useKept } from "@/components/blocks/use-kept";
import { InviteForm } from "@/components/features/people/invite-form";
import { personColumns } from "@/components/features/people/person-columns";
import { ShownBoth, ShownOnce } from "@/components/features/people/shown-once";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Mark } from "@/components/ui/mark";
import { State } from "@/components/ui/state";
import type { PeopleList, PersonView } from "@/lib/contracts/people";
import type { Preferences } from "@/lib/format/preferences";
import { formProblems } from "@/lib/http/console-client";
import { peopleQuery, showPersonLink } from "@/lib/queries/people";
import { namePlatform } from "@/lib/queries/platform";
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
  const [named, setNamed] = useState(platformName);
  return (
    <>
      <main className="mx-auto grid w-full max-w-180 content-start gap-4 pt-12 pb-8">
        <div>
          <h1 className="text-page">Set up {named}</h1>
          <p className="text-muted">Everything so far is kept; you can close this page and come back.</p>
        </div>
        <NamePlatform name={named} environment={environment} onNamed={setNamed} />
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
  const invited = list.items.filter(({ state }) => state === "invited");
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
                ? `Waits for ${invited.map(({ name }) => name).join(" and ")} to join.`
                : "Invite two more people."}
          </span>
          {/* A full load: the frame reads anew who is signed in and that set-up is over. */}
          <Button
            size="small"
            why={isDone ? null : "Set-up goes on until two others can approve."}
            tone={isDone ? "primary" : "plain"}
            onClick={() => window.location.assign("/start")}
          >
            Continue to the first program
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
          {invited.map((person) => (
            <Reissue key={person.id} person={person} />
          ))}
          <InviteForm />
          <p className="max-w-[72ch] text-muted">
            An admin never approves, so set-up is done when two others can. Widening takes a proposer and another
            person. Who joins is seen here at once; a link that is lost or has ended is made again, as often as it
            takes.
          </p>
        </div>
      )}
    </Panel>
  );
}

/** Somebody who was invited and has not joined: the link can be made anew, and the one before it ends. */
function Reissue({ person }: { person: PersonView }) {
  const client = useQueryClient();
  const link = useMutation({ mutationFn: () => showPersonLink(client, person.id) });
  return (
    <div className="grid gap-2">
      <p className="flex flex-wrap items-center gap-2">
        <State mark="waiting">
          <bdi>{person.name}</bdi> was invited <RelativeTime at={person.createdAt} />.
        </State>
        <Button
          size="small"
          why={person.linkBlockedBy}
          busy={link.isPending && "Making…"}
          onClick={() => link.mutate()}
        >
          Make the invitation again
        </Button>
      </p>
      {link.data && (
        <ShownOnce to={person.name} link={link.data.link} code={link.data.code} expiresAt={link.data.expiresAt}>
          {link.data.code !== null && <ShownBoth />}
        </ShownOnce>
      )}
      {link.error && (
        <p role="alert">
          <Refusal error={link.error} />
        </p>
      )}
    </div>
  );
}

type NamePlatformProps = { name: string; environment: string; onNamed(name: string): void };

/** The first step: what people read in the frame and at the door. It can be changed until set-up is over. */
function NamePlatform({ name, environment, onNamed }: NamePlatformProps) {
  const id = useId();
  const [text, setText, forget] = useKept("platform", name);
  const give = useMutation({
    mutationFn: () => namePlatform(text.trim()),
    onSuccess: (given) => {
      forget();
      onNamed(given.name);
      setText(given.name);
    },
  });
  const problems = formProblems(give.error, ["name"]);
  const isGiven = text.trim() === name;
  return (
    <Panel
      title={
        <span className="inline-flex items-center gap-3">
          <Mark name="yes" title="done" /> Platform and keys
        </span>
      }
      actions={
        <span className="text-muted">
          {name}, {environment}
        </span>
      }
      isPadded
    >
      <form
        className="grid gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isGiven && text.trim() !== "" && !give.isPending) give.mutate();
        }}
      >
        <Field
          label="What people call this platform"
          htmlFor={id}
          hint="It stands at the door and in the frame, and stays when set-up is over."
          problem={problems.at.name}
        >
          <Input id={id} maxLength={100} value={text} onChange={({ target }) => setText(target.value)} />
        </Field>
        {problems.rest !== null && <p role="alert">{problems.rest}</p>}
        <span>
          <Button
            type="submit"
            size="small"
            why={text.trim() === "" ? "Write a name." : isGiven ? "It has this name." : null}
            busy={give.isPending && "Naming…"}
          >
            Name it
          </Button>
        </span>
      </form>
    </Panel>
  );
}
