"use client";

import { useQuery } from "@tanstack/react-query";
import { DataTable } from "@/components/blocks/data-table";
import { PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { useUrlState } from "@/components/blocks/use-url-state";
import { InviteForm } from "@/components/features/people/invite-form";
import { personColumns } from "@/components/features/people/person-columns";
import type { PersonView } from "@/lib/contracts/people";
import { peopleQuery } from "@/lib/queries/people";
import { usePermission } from "@/lib/queries/use-permission";
import { PersonSheet } from "./_parts/person-sheet";

/** Who may do what. A role that proposes or approves is given by two people. */
export function PeopleClient() {
  const { params, change } = useUrlState();
  const query = useQuery(peopleQuery());
  const mayManage = usePermission("people.manage");
  const mayLock = usePermission("changes.narrow") || mayManage;
  const selected = params.get("edit");
  const person = query.data?.items.find(({ id }) => id === selected);
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
        <div className="grid gap-4">
          <Panel>
            <QueryView query={query} name="People" unaffected="Devices and publishing are unaffected.">
              {({ items }) => (
                <DataTable
                  id="people"
                  caption="People"
                  columns={personColumns(items)}
                  rows={items}
                  keyOf={(row) => row.id}
                  selectedKey={selected}
                  {...(mayLock ? { onSelect: (row: PersonView) => change({ edit: row.id }) } : {})}
                />
              )}
            </QueryView>
          </Panel>
          {mayManage && (
            <Panel title="Invite a person" isPadded>
              <InviteForm />
            </Panel>
          )}
        </div>
      </PageMain>
      {person !== undefined && mayLock && (
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
