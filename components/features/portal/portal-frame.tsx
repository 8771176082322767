"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleHelp, LayoutGrid, Upload } from "lucide-react";
import { usePathname, useRouter } from "next/navigation";
import type { ReactNode } from "react";
import { AppFrame, type Crumb } from "@/components/blocks/app-frame";
import { useShortcut, useShortcutHelp } from "@/components/blocks/shortcuts";
import { AccountMenu } from "@/components/features/frame/account-menu";
import type { FramePerson } from "@/components/features/frame/console-frame";
import { FrameProviders, type FrameState } from "@/components/features/frame/frame-providers";
import { Button } from "@/components/ui/button";
import { TextLink } from "@/components/ui/text-link";
import { shortDenialId } from "@/lib/format/identifier";
import { portalProgramQuery } from "@/lib/queries/portal";
import { sessionQuery } from "@/lib/queries/session";

type PortalPerson = FramePerson & {
  /** A developer's publisher; null of whoever looks at what developers see. */
  publisherName: string | null;
};

/** Everything around a page of the portal. */
export function PortalFrame({
  person,
  children,
  ...frame
}: FrameState & { person: PortalPerson; children: ReactNode }) {
  return (
    <FrameProviders {...frame}>
      <Frame person={person}>{children}</Frame>
    </FrameProviders>
  );
}

const icon = { size: 16, strokeWidth: 1.75, "aria-hidden": true, className: "shrink-0" } as const;
const PROGRAMS = "/portal/programs";
const ROOMS = [
  { href: PROGRAMS, also: "/portal/denials", label: "My programs", icon: <LayoutGrid {...icon} />, waiting: null },
  { href: "/portal/submit", label: "Submit", icon: <Upload {...icon} />, waiting: null },
];

function Frame({ person, children }: { person: PortalPerson; children: ReactNode }) {
  const router = useRouter();
  const crumbs = useCrumbs();
  const session = useQuery(sessionQuery());
  const openHelp = useShortcutHelp();
  const { publisherName } = person;
  const isDeveloper = publisherName !== null;
  useShortcut("g g", "Go to My programs", () => router.push(PROGRAMS), isDeveloper);
  useShortcut("g s", "Go to Submit", () => router.push("/portal/submit"), isDeveloper);
  return (
    <AppFrame
      brand={
        <>
          <bdi>{person.platformName}</bdi> <span className="font-normal text-muted">for developers</span>
        </>
      }
      rooms={isDeveloper ? ROOMS : []}
      account={
        <AccountMenu
          person={isDeveloper ? { ...person, role: publisherName } : person}
          switchTo={session.data?.switchTo ?? []}
        />
      }
      place={
        <span className="font-medium">
          <bdi>{publisherName ?? person.platformName}</bdi>{" "}
          <span className="font-normal text-muted">{person.environment}</span>
        </span>
      }
      crumbs={crumbs}
      isStriped={person.environment !== "production"}
      banner={
        !isDeveloper && (
          <p className="border-line border-b bg-tint-accent px-6 py-2 max-phone:px-4">
            You see what its developers see. <TextLink href="/programs">Back to the console</TextLink>
          </p>
        )
      }
      actions={
        <Button tone="quiet" size="icon" aria-label="Keys" className="max-phone:hidden" onClick={openHelp}>
          <CircleHelp size={16} aria-hidden />
        </Button>
      }
    >
      {children}
    </AppFrame>
  );
}

/** Where one is, from the address; a program's name comes from what the page has read already. */
function useCrumbs(): Crumb[] {
  const [, room, id, tab] = usePathname().split("/").filter(Boolean).map(decodeURIComponent);
  const program = useQuery({ ...portalProgramQuery(id ?? ""), enabled: room === "programs" && id !== undefined });
  if (room === "submit") return [{ label: "Submit" }];
  const crumbs: Crumb[] = [{ label: "My programs", href: PROGRAMS }];
  if (room === "denials") return [...crumbs, { label: `Denial ${shortDenialId(id ?? "")}` }];
  if (id === undefined) return crumbs;
  const named = { label: program.data?.name ?? id, href: `${PROGRAMS}/${encodeURIComponent(id)}` };
  return tab === undefined ? [...crumbs, named] : [...crumbs, named, { label: "Published" }];
}
