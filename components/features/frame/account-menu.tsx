"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ChevronsUpDown, LogOut, MonitorX, UserRound } from "lucide-react";
import { usePreferences } from "@/components/blocks/preferences";
import { forgetKept } from "@/components/blocks/use-kept";
import { Face } from "@/components/ui/face";
import { Menu } from "@/components/ui/menu";
import type { MenuEntry } from "@/components/ui/menu-frame";
import type { SessionView } from "@/lib/contracts/people";
import { endAllSessions, endSession, switchPerson } from "@/lib/queries/session";

type Person = { name: string; email: string; role: string };

const THEMES = [
  { value: "system", label: "As the system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
] as const;

const switching = (people: SessionView["switchTo"], swap: (personId: string) => void): MenuEntry[] => [
  { kind: "separator" },
  { kind: "label", id: "switch", label: "Switch person, development only" },
  ...people.map(({ personId, name, role }) => ({
    kind: "item" as const,
    id: personId,
    label: (
      <>
        <UserRound size={14} aria-hidden />
        {name}
      </>
    ),
    aside: role,
    onSelect: () => swap(personId),
  })),
];

/** Who is signed in; theme, keys, sign-out; in a development store also whom one may switch to. */
export function AccountMenu({ person, switchTo }: { person: Person; switchTo: SessionView["switchTo"] }) {
  const client = useQueryClient();
  const { preferences, change } = usePreferences();
  const goHome = () => {
    forgetKept();
    window.location.assign("/");
  };
  const goSignIn = () => {
    forgetKept();
    window.location.assign("/sign-in");
  };
  const leave = useMutation({ mutationFn: endSession, onSuccess: goSignIn });
  const leaveEverywhere = useMutation({ mutationFn: endAllSessions, onSuccess: goSignIn });
  const swap = useMutation({ mutationFn: (personId: string) => switchPerson(client, personId), onSuccess: goHome });
  const entries: MenuEntry[] = [
    { kind: "label", id: "email", label: person.email },
    {
      kind: "choice",
      id: "theme",
      label: "Theme",
      value: preferences.theme,
      options: THEMES,
      onChange: (chosen) => change({ theme: THEMES.find(({ value }) => value === chosen)?.value ?? "system" }),
    },
    { kind: "separator" },
    {
      kind: "check",
      id: "keys",
      label: "Keys of one letter",
      isChecked: preferences.singleKeys,
      onChange: (singleKeys) => change({ singleKeys }),
    },
    ...(switchTo.length === 0 ? [] : switching(switchTo, (personId) => swap.mutate(personId))),
    { kind: "separator" },
    {
      kind: "item",
      id: "leave",
      label: (
        <>
          <LogOut size={14} aria-hidden />
          Sign out
        </>
      ),
      onSelect: () => leave.mutate(),
    },
    {
      kind: "item",
      id: "leave-everywhere",
      label: (
        <>
          <MonitorX size={14} aria-hidden />
          Sign out everywhere
        </>
      ),
      onSelect: () => leaveEverywhere.mutate(),
    },
  ];
  return (
    <Menu
      side="top"
      trigger={
        <button
          type="button"
          className="flex h-11 w-full items-center gap-2 rounded-control px-2 text-left text-muted hover:bg-hover max-rail:px-1.5 max-phone:px-2"
        >
          <Face name={person.name} />
          <span className="min-w-0 flex-1 font-medium text-ink leading-4 max-rail:phone:sr-only">
            <span className="block truncate">
              <bdi>{person.name}</bdi>
            </span>
            <span className="block font-normal text-hint text-muted">{person.role}</span>
          </span>
          <ChevronsUpDown size={16} aria-hidden className="max-rail:phone:hidden" />
        </button>
      }
      entries={entries}
    />
  );
}
