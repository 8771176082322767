"use client";

import { useQuery } from "@tanstack/react-query";
import { DataTable } from "@/components/blocks/data-table";
import { EmptyState } from "@/components/blocks/empty-state";
import { FilterBar } from "@/components/blocks/filter-bar";
import { MoreRows } from "@/components/blocks/more-rows";
import { PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { Toolbar } from "@/components/blocks/toolbar";
import { useMoreRows } from "@/components/blocks/use-more-rows";
import { useUrlState } from "@/components/blocks/use-url-state";
import { InviteForm } from "@/components/features/people/invite-form";
import { personColumns } from "@/components/features/people/person-columns";
import { whenOpened } from "@/components/ui/when-opened";
import type { PeopleList, PersonView } from "@/lib/contracts/people";
import { type PeopleFilter, peopleQuery, personQuery, readMorePeople } from "@/lib/queries/people";
import { useMay } from "@/lib/queries/use-may";
import { readPeopleFilter } from "./search-params";

const PersonSheet = whenOpened(() => import("./_parts/person-sheet").then((part) => part.PersonSheet));

/** Who may do what. A role that proposes or approves is given by two people. */
export function PeopleClient() {
  const { params, change } = useUrlState();
  const filter = readPeopleFilter(Object.fromEntries(params));
  const query = useQuery(peopleQuery(filter));
  const may = useMay();
  const mayLock = may.narrow("sign-in-lock");
  const selected = params.get("edit");
  const person = useQuery({ ...personQuery(selected ?? ""), enabled: selected !== null && mayLock }).data;
  return (
    <>
      <PageMain>
        <PageHead
          title="People"
          sub={
            query.data?.setUp.isComplete === false
              ? `Set-up goes on until two others can approve; ${query.data.setUp.approvers} can now.`
              : "Giving a role that proposes or approves takes two people. Nobody changes their own."
          }
        />
        <Toolbar>
          <FilterBar
            label="Filter people"
            fields={[{ name: "q" }]}
            freeField="q"
            value={{ q: filter.q ?? "" }}
            onChange={change}
            placeholder="Find by name or e-mail"
          />
        </Toolbar>
        <div className="grid gap-4">
          <QueryView query={query} name="People" unaffected="Devices and publishing are unaffected.">
            {(list) => (
              <People
                list={list}
                filter={filter}
                selected={selected}
                {...(mayLock ? { onSelect: (row: PersonView) => change({ edit: row.id }) } : {})}
              />
            )}
          </QueryView>
          {may.call("invitePerson") && (
            <Panel title="Invite a person" isPadded>
              <InviteForm />
            </Panel>
          )}
        </div>
      </PageMain>
      {person !== undefined && selected !== null && mayLock && (
        <PersonSheet
          key={person.id}
          person={person}
          isSetUp={query.data?.setUp.isComplete === true}
          onClose={() => change({ edit: null })}
        />
      )}
    </>
  );
}

type PeopleProps = {
  list: PeopleList;
  filter: PeopleFilter;
  selected: string | null;
  onSelect?(row: PersonView): void;
};

const keyOf = (row: PersonView) => row.id;

function People({ list, filter, selected, ...rest }: PeopleProps) {
  const more = useMoreRows(list, keyOf, JSON.stringify(filter), (cursor) => readMorePeople(filter, cursor));
  return (
    <Panel footer={more.hasMore && <MoreRows more={more} total={list.total} />}>
      {more.rows.length === 0 ? (
        <EmptyState title="Nobody fits">People whose name or e-mail holds the words appear here.</EmptyState>
      ) : (
        <DataTable
          id="people"
          caption="People"
          columns={personColumns(more.rows)}
          rows={more.rows}
          total={list.total}
          keyOf={keyOf}
          selectedKey={selected}
          {...rest}
        />
      )}
    </Panel>
  );
}
