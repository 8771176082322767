"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ChevronsUpDown, LogOut, MonitorX, UserRound } from "lucide-react";
import { usePreferences } from "@/components/blocks/preferences";
import { forgetKept } from "@/components/blocks/use-kept";
import { Face } from "@/components/ui/face";
import { Menu, MenuCheck, MenuChoice, MenuItem, MenuLabel, MenuSeparator } from "@/components/ui/menu";
import type { SessionView } from "@/lib/contracts/people";
import { endAllSessions, endSession, switchPerson } from "@/lib/queries/session";

type Person = { name: string; email: string; role: string };

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
    >
      <MenuLabel>{person.email}</MenuLabel>
      <MenuChoice
        label="Theme"
        value={preferences.theme}
        options={[
          { value: "system", label: "As the system" },
          { value: "light", label: "Light" },
          { value: "dark", label: "Dark" },
        ]}
        onChange={(theme) => change({ theme })}
      />
      <MenuSeparator />
      <MenuCheck isChecked={preferences.singleKeys} onChange={(singleKeys) => change({ singleKeys })}>
        Keys of one letter
      </MenuCheck>
      {switchTo.length > 0 && (
        <>
          <MenuSeparator />
          <MenuLabel>Switch person, development only</MenuLabel>
          {switchTo.map(({ personId, name, role }) => (
            <MenuItem key={personId} aside={role} onSelect={() => swap.mutate(personId)}>
              <UserRound size={14} aria-hidden />
              {name}
            </MenuItem>
          ))}
        </>
      )}
      <MenuSeparator />
      <MenuItem onSelect={() => leave.mutate()}>
        <LogOut size={14} aria-hidden />
        Sign out
      </MenuItem>
      <MenuItem onSelect={() => leaveEverywhere.mutate()}>
        <MonitorX size={14} aria-hidden />
        Sign out everywhere
      </MenuItem>
    </Menu>
  );
}
