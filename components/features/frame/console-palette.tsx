"use client";

import { useQuery } from "@tanstack/react-query";
import { Ban, CircleStop, ScanSearch } from "lucide-react";
import { useRouter } from "next/navigation";
import { useDeferredValue, useState } from "react";
import { CommandPalette, type PaletteGroup, type PaletteItem } from "@/components/blocks/command-palette";
import { useShortcut } from "@/components/blocks/shortcuts";
import { SuspendDialog } from "@/components/features/programs/suspend-dialog";
import { Kbd } from "@/components/ui/kbd";
import { Tile } from "@/components/ui/tile";
import type { ProgramRow } from "@/lib/contracts/programs";
import { type ProgramFilter, programListQuery } from "@/lib/queries/programs";
import { BlockHostDialog } from "./block-host-dialog";
import type { RoomInfo } from "./rooms";

type ConsolePaletteProps = {
  isOpen: boolean;
  onOpen(): void;
  onClose(): void;
  rooms: readonly RoomInfo[];
  mayNarrow: boolean;
};

const DENIAL_ID = /^[0-9a-f]{16}[0-9A-Za-z_-]*$/;
const HOST = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const SUSPEND = "suspend ";
const isAboutSuspending = (typed: string): boolean =>
  typed.length > 1 && SUSPEND.startsWith(typed.slice(0, SUSPEND.length));

type Found = { programs: readonly ProgramRow[]; isSearching: boolean };

/** Programs that the words find, and none that other words found a moment ago. */
function useProgramsFound(words: string, isWanted: boolean, among: ProgramFilter = {}): Found {
  const q = useDeferredValue(words);
  const { data, isPlaceholderData, isPending } = useQuery({
    ...programListQuery(q === "" ? among : { ...among, q: q.slice(0, 200) }),
    enabled: isWanted,
  });
  const isSearching = isWanted && (q !== words || isPlaceholderData || isPending);
  return { programs: isWanted && !isSearching ? (data?.items ?? []) : [], isSearching };
}

export function ConsolePalette({ isOpen, onOpen, onClose, rooms, mayNarrow }: ConsolePaletteProps) {
  const router = useRouter();
  const [text, setText] = useState("");
  const [blocking, setBlocking] = useState<string | null>(null);
  const [suspending, setSuspending] = useState<ProgramRow | null>(null);
  const found = useProgramsFound(text.trim(), isOpen);
  useShortcut("mod+k", "Search, act, paste an id", onOpen);
  const typed = text.trim().toLowerCase();
  const maySuspend = mayNarrow && isAboutSuspending(typed);
  const suspendable = useProgramsFound(text.trim().slice(SUSPEND.length), isOpen && maySuspend, { status: "active" });
  const close = () => {
    setText("");
    onClose();
  };

  const pasted: PaletteItem[] = [];
  if (DENIAL_ID.test(text.trim())) {
    pasted.push({
      id: "denial",
      words: "",
      isAlways: true,
      label: `Denial ${text.trim()}`,
      icon: <ScanSearch size={16} aria-hidden />,
      aside: <Kbd>Enter</Kbd>,
      run: () => router.push(`/denials/${encodeURIComponent(text.trim())}`),
    });
  }
  const acts: PaletteItem[] = [];
  if (mayNarrow && HOST.test(typed)) {
    acts.push({
      id: "block-host",
      words: "",
      isAlways: true,
      label: (
        <>
          Block <code>{typed}</code> for all programs…
        </>
      ),
      icon: <Ban size={16} aria-hidden />,
      aside: "takes one person",
      run: () => setBlocking(typed),
    });
  }
  // Offered to whoever began to type it, or it would stand before every program.
  if (maySuspend) {
    for (const program of suspendable.programs) {
      acts.push({
        id: `suspend-${program.appId}`,
        words: "",
        isAlways: true,
        label: `Suspend ${program.name}…`,
        icon: <CircleStop size={16} aria-hidden />,
        aside: "takes one person",
        run: () => setSuspending(program),
      });
    }
  }
  const groups: PaletteGroup[] = [
    { title: "This id", items: pasted },
    { title: "Act", items: acts },
    {
      title: "Programs",
      items: found.programs.map(({ appId, name }) => ({
        id: appId,
        words: "",
        isAlways: true,
        label: (
          <>
            {name} <code className="text-muted">{appId}</code>
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
  ];
  return (
    <>
      <CommandPalette
        isOpen={isOpen}
        onClose={close}
        text={text}
        onText={setText}
        groups={groups}
        isSearching={found.isSearching || suspendable.isSearching}
        placeholder="Search, or paste a denial id or a host"
      />
      {suspending !== null && <SuspendDialog program={suspending} onClose={() => setSuspending(null)} />}
      {blocking !== null && <BlockHostDialog host={blocking} onClose={() => setBlocking(null)} />}
    </>
  );
}
