"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { Ban, CircleStop, LogOut, ScanSearch, SunMoon } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { CommandPalette, type PaletteGroup, type PaletteItem } from "@/components/blocks/command-palette";
import { usePreferences } from "@/components/blocks/preferences";
import { forgetKept } from "@/components/blocks/use-kept";
import { SuspendDialog } from "@/components/features/programs/suspend-dialog";
import { Kbd } from "@/components/ui/kbd";
import { Tile } from "@/components/ui/tile";
import type { ProgramRow } from "@/lib/contracts/programs";
import type { SearchAnswer } from "@/lib/contracts/search";
import { readHosts } from "@/lib/domain/texts/read-hosts";
import type { Preferences } from "@/lib/format/preferences";
import { type ProgramFilter, programListQuery } from "@/lib/queries/programs";
import { searchQuery } from "@/lib/queries/search";
import { endSession } from "@/lib/queries/session";
import { answerItems } from "./answers";
import { BlockHostDialog } from "./block-host-dialog";
import type { RoomInfo } from "./rooms";

type ConsolePaletteProps = {
  isOpen: boolean;
  /** What was typed while this was loading. */
  takeTyped(): string;
  onClose(): void;
  rooms: readonly RoomInfo[];
  maySuspend: boolean;
  mayBlock: boolean;
};

const DENIAL_ID = /^[0-9a-f]{16}[0-9A-Za-z_-]+$/;
const TEXT_MAX = 253;
const THEMES: readonly (readonly [Preferences["theme"], string])[] = [
  ["system", "Theme as the system"],
  ["light", "Light theme"],
  ["dark", "Dark theme"],
];

const SUSPEND = "suspend ";
const isAboutSuspending = (typed: string): boolean =>
  typed.length > 1 && SUSPEND.startsWith(typed.slice(0, SUSPEND.length));

/** Somebody who still types asks for nothing yet. */
const SETTLED_MS = 150;

function useSettled(words: string): string {
  const [settled, setSettled] = useState(words);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(words), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [words]);
  return settled;
}

/** Programs that the words find, and none that other words found a moment ago. */
function useProgramsFound(words: string, isWanted: boolean, among: ProgramFilter = {}) {
  const q = useSettled(words);
  const { data, isPlaceholderData, isPending } = useQuery({
    ...programListQuery(q === "" ? among : { ...among, q: q.slice(0, 200) }),
    enabled: isWanted,
  });
  const isSearching = isWanted && (q !== words || isPlaceholderData || isPending);
  return { programs: isWanted && !isSearching ? (data?.items ?? []) : [], isSearching };
}

/** What the server knows of the words, and nothing that it knew of others. */
function useAnswers(words: string, isWanted: boolean) {
  const q = useSettled(words.slice(0, TEXT_MAX));
  const isAsked = isWanted && q !== "";
  const { data, isPending, isError } = useQuery({ ...searchQuery(q), enabled: isAsked });
  const isSearching = isWanted && words !== "" && (q !== words.slice(0, TEXT_MAX) || isPending);
  const answers: readonly SearchAnswer[] = isSearching ? [] : (data?.answers ?? []);
  return { answers, isSearching, isError: isAsked && isError };
}

/** Answers first, then where one may go, then acts; what takes something away comes last and is never chosen by itself. */
export function ConsolePalette({ isOpen, takeTyped, onClose, rooms, maySuspend, mayBlock }: ConsolePaletteProps) {
  const router = useRouter();
  const { change } = usePreferences();
  const [text, setText] = useState(takeTyped);
  const [blocking, setBlocking] = useState<string | null>(null);
  const [suspending, setSuspending] = useState<ProgramRow | null>(null);
  const leave = useMutation({
    mutationFn: endSession,
    onSuccess: () => {
      forgetKept();
      window.location.assign("/sign-in");
    },
  });
  const words = text.trim();
  const isSuspending = maySuspend && isAboutSuspending(words.toLowerCase());
  const named = words.toLowerCase().startsWith(SUSPEND) ? words.slice(SUSPEND.length).trim() : words;
  const found = useAnswers(named, isOpen);
  const first = useProgramsFound("", isOpen && words === "");
  const suspendable = useProgramsFound(words.slice(SUSPEND.length), isOpen && isSuspending, { status: "active" });
  const close = () => {
    setText("");
    onClose();
  };
  const answers = answerItems(found.answers, (href) => router.push(href));
  if (answers.length === 0 && !found.isSearching && DENIAL_ID.test(words)) {
    answers.push({
      id: "denial",
      words: "",
      isAlways: true,
      label: `Denial ${words}`,
      icon: <ScanSearch size={16} aria-hidden />,
      run: () => router.push(`/denials/${encodeURIComponent(words)}`),
    });
  }
  const groups: PaletteGroup[] = [
    { title: "Answers", items: answers },
    {
      title: "Programs",
      items: first.programs.map(({ appId, name }) => ({
        id: appId,
        words: "",
        isAlways: true,
        label: (
          <>
            <bdi>{name}</bdi> <code className="text-muted">{appId}</code>
          </>
        ),
        icon: <Tile name={name} />,
        run: () => router.push(`/programs/${encodeURIComponent(appId)}`),
      })),
    },
    {
      title: "Go",
      items: rooms.map(({ id, href, label, letter, icon }) => ({
        id,
        words: label,
        label,
        icon,
        aside: (
          <>
            <Kbd>g</Kbd>
            <Kbd>{letter}</Kbd>
          </>
        ),
        run: () => router.push(href),
      })),
    },
    {
      title: "Act",
      items: [
        ...THEMES.map(([theme, label]) => ({
          id: `theme-${theme}`,
          words: label,
          label,
          icon: <SunMoon size={16} aria-hidden />,
          run: () => change({ theme }),
        })),
        {
          id: "sign-out",
          words: "Sign out",
          label: "Sign out",
          icon: <LogOut size={16} aria-hidden />,
          run: () => leave.mutate(),
        },
        ...(mayBlock ? blockItems(words, setBlocking) : []),
        // Offered to whoever began to type it, or it would stand beside every program.
        ...(isSuspending ? suspendable.programs.map((program) => suspendItem(program, setSuspending)) : []),
      ],
    },
  ];
  return (
    <>
      <CommandPalette
        isOpen={isOpen}
        onClose={close}
        text={text}
        onText={setText}
        groups={groups}
        isSearching={found.isSearching || first.isSearching || suspendable.isSearching}
        placeholder="Search, or paste a denial id or a host"
        {...(found.isError ? { nothing: "The server did not answer." } : {})}
      />
      {suspending !== null && <SuspendDialog program={suspending} onClose={() => setSuspending(null)} />}
      {blocking !== null && <BlockHostDialog host={blocking} onClose={() => setBlocking(null)} />}
    </>
  );
}

/** Of a host that was typed or pasted; a block covers every name below it, so a `*.` says no more. */
function blockItems(words: string, block: (host: string) => void): PaletteItem[] {
  const { hosts, issues } = readHosts(words, "");
  const [read] = hosts;
  if (read === undefined || hosts.length > 1 || issues.length > 0) return [];
  const host = read.host.replace(/^\*\./, "");
  return [
    {
      id: "block-host",
      words: "",
      isAlways: true,
      isDestructive: true,
      label: (
        <>
          Block <code>{host}</code> for all programs…
        </>
      ),
      icon: <Ban size={16} aria-hidden />,
      aside: "takes one person",
      run: () => block(host),
    },
  ];
}

function suspendItem(program: ProgramRow, suspend: (program: ProgramRow) => void): PaletteItem {
  return {
    id: `suspend-${program.appId}`,
    words: "",
    isAlways: true,
    isDestructive: true,
    label: (
      <>
        Suspend <bdi>{program.name}</bdi>…
      </>
    ),
    icon: <CircleStop size={16} aria-hidden />,
    aside: "takes one person",
    run: () => suspend(program),
  };
}
