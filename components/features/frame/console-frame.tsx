"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleHelp, Search } from "lucide-react";
import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useState } from "react";
import { AppFrame } from "@/components/blocks/app-frame";
import { useShortcut, useShortcutHelp } from "@/components/blocks/shortcuts";
import { KeptWhose, keepFor } from "@/components/blocks/use-kept";
import { useTypeAhead } from "@/components/blocks/use-type-ahead";
import { Button } from "@/components/ui/button";
import { Kbd } from "@/components/ui/kbd";
import { whenOpened } from "@/components/ui/when-opened";
import type { Role } from "@/lib/domain/roles";
import { atLeast } from "@/lib/format/count";
import { sessionQuery } from "@/lib/queries/session";
import { useMay } from "@/lib/queries/use-may";
import { AccountMenu } from "./account-menu";
import { ConnectionStrip } from "./connection-strip";
import { FrameProviders, type FrameState } from "./frame-providers";
import { NarrowingBanner } from "./narrowing-banner";
import { type RoomInfo, roomsOf } from "./rooms";
import { useCrumbs } from "./use-crumbs";
import { useStream } from "./use-stream";
import { mayActOnReadiness } from "./why-no-suspension";

const ConsolePalette = whenOpened(() => import("./console-palette").then((part) => part.ConsolePalette));

export type FramePerson = {
  name: string;
  email: string;
  role: Role;
  platformName: string;
  environment: "production" | "development";
};

/** Everything around a page of the console. */
export function ConsoleFrame({
  person,
  children,
  ...frame
}: FrameState & { person: FramePerson; children: ReactNode }) {
  return (
    <FrameProviders {...frame}>
      <KeptWhose value={person.email}>
        <Frame person={person}>{children}</Frame>
      </KeptWhose>
    </FrameProviders>
  );
}

function Frame({ person, children }: { person: FramePerson; children: ReactNode }) {
  const stream = useStream();
  useEffect(() => keepFor(person.email), [person.email]);
  const crumbs = useCrumbs();
  const session = useQuery(sessionQuery());
  const openHelp = useShortcutHelp();
  const may = useMay();
  const [palette, setPalette] = useState<"unused" | "open" | "closed">("unused");
  const typeAhead = useTypeAhead();
  const openPalette = () => {
    if (palette === "unused") typeAhead.begin();
    setPalette("open");
  };
  useShortcut("mod+k", "Search, act, paste an id", openPalette);
  const rooms = roomsOf(person.role);
  const counts = session.data?.counts;
  const figure = (count = 0, isMore = false) => (count === 0 ? null : atLeast(count, isMore));
  const waiting: Partial<Record<RoomInfo["id"], string | null>> = {
    policy: figure(counts?.changeSets, counts?.isMore),
    programs: figure(counts?.submissions),
    people: figure(counts?.signIns),
  };
  return (
    <>
      <AppFrame
        brand="Bulkhead"
        rooms={rooms.map((room) => ({ ...room, waiting: waiting[room.id] ?? null }))}
        account={<AccountMenu person={person} switchTo={session.data?.switchTo ?? []} />}
        place={
          <span className="font-medium">
            {person.platformName} <span className="font-normal text-muted">{person.environment}</span>
          </span>
        }
        crumbs={crumbs}
        isStriped={person.environment !== "production"}
        banner={
          <>
            <ConnectionStrip stream={stream} />
            {stream.connection.is === "live" && mayActOnReadiness(person.role) && <NarrowingBanner />}
          </>
        }
        actions={
          <>
            <button
              type="button"
              onClick={openPalette}
              className="flex h-8 w-80 items-center gap-2 rounded-control border border-control bg-surface pr-1.5 pl-2.5 text-muted max-side:w-56 max-two:hidden"
            >
              <Search size={14} aria-hidden />
              <span className="flex-1 truncate text-left">Search, or paste a denial id or a host</span>
              <Kbd>Ctrl K</Kbd>
            </button>
            <Button tone="quiet" size="icon" aria-label="Search" className="two:hidden" onClick={openPalette}>
              <Search size={16} aria-hidden />
            </Button>
            <Button tone="quiet" size="icon" aria-label="Keys" className="max-phone:hidden" onClick={openHelp}>
              <CircleHelp size={16} aria-hidden />
            </Button>
          </>
        }
      >
        {children}
      </AppFrame>
      {rooms.map((room) => (
        <RoomKey key={room.id} room={room} />
      ))}
      {palette !== "unused" && (
        <ConsolePalette
          isOpen={palette === "open"}
          takeTyped={typeAhead.take}
          onClose={() => {
            // Also where it could not be loaded: the keys belong to the page again.
            typeAhead.take();
            setPalette("closed");
          }}
          rooms={rooms}
          maySuspend={may.narrow("status")}
          mayBlock={may.narrow("blocked-host")}
        />
      )}
    </>
  );
}

function RoomKey({ room }: { room: RoomInfo }) {
  const router = useRouter();
  useShortcut(`g ${room.letter}`, `Go to ${room.label}`, () => router.push(room.href));
  return null;
}
