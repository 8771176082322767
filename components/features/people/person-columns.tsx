import type { Column } from "@/components/blocks/data-table";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Face } from "@/components/ui/face";
import { State } from "@/components/ui/state";
import type { PersonView } from "@/lib/contracts/people";
import { ROLE_WORDS } from "./role-words";
import { invitedBy } from "./sign-in-words";

const STATES = {
  active: ["live", "Joined"],
  invited: ["waiting", "Invited"],
  disabled: ["retired", "Disabled"],
} as const;
const LOCKED = ["suspended", "Locked"] as const;

function InvitedBy({ person }: { person: PersonView }) {
  const said = invitedBy(person);
  if (said === null) return null;
  return said.mark === null ? (
    <span className="text-muted">{said.words}</span>
  ) : (
    <State mark={said.mark}>{said.words}</State>
  );
}

const COLUMNS: Column<PersonView>[] = [
  {
    id: "person",
    head: "Person",
    cell: (row) => (
      <span className="flex items-center gap-2">
        <Face name={row.name} isSmall />
        <span className="truncate font-medium">
          <bdi>{row.name}</bdi>
        </span>
        {row.isMe && <span className="shrink-0 text-muted">you</span>}
      </span>
    ),
  },
  {
    id: "email",
    head: "E-mail",
    priority: 3,
    cell: (row) => <span className="text-muted">{row.email}</span>,
  },
  { id: "role", head: "Role", width: 78, cell: (row) => row.role },
  {
    id: "may",
    head: "May",
    width: 232,
    priority: 4,
    cell: (row) => <span className="text-muted">{ROLE_WORDS[row.role]}</span>,
  },
  {
    id: "state",
    head: "State",
    width: 96,
    cell: (row) => {
      const [mark, word] = row.isSignInLocked ? LOCKED : STATES[row.state];
      return <State mark={mark}>{word}</State>;
    },
  },
  { id: "given", head: "Invited by", width: 148, priority: 2, cell: (row) => <InvitedBy person={row} /> },
  {
    id: "seen",
    head: "Last seen",
    width: 96,
    isNumber: true,
    priority: 2,
    cell: (row) =>
      row.lastSeenAt === null ? <span className="text-muted">never</span> : <RelativeTime at={row.lastSeenAt} />,
  },
];

/** "Invited by" stands only where it says something: in a development store nobody's sign-in is given in halves. */
export function personColumns(people: readonly PersonView[]): Column<PersonView>[] {
  return people.some(({ signIn }) => signIn !== null) ? COLUMNS : COLUMNS.filter(({ id }) => id !== "given");
}
