"use client";

import { useQuery } from "@tanstack/react-query";
import { usePathname } from "next/navigation";
import type { Crumb } from "@/components/blocks/app-frame";
import { shortDenialId } from "@/lib/format/identifier";
import { changeSetQuery } from "@/lib/queries/change-sets";
import { programQuery } from "@/lib/queries/programs";

const WORDS: Record<string, string> = {
  programs: "Programs",
  policy: "Policy",
  denials: "Denials",
  publishers: "Publishers",
  people: "People",
  audit: "Audit",
  fleet: "Fleet",
  readiness: "Readiness",
  start: "First program",
  versions: "Versions",
  access: "Access",
  limits: "Limits",
  telemetry: "Telemetry",
  blocked: "Blocked",
};

/** Where one is, from the address; names come from what the page has read already. */
export function useCrumbs(): Crumb[] {
  const path = usePathname();
  const parts = path.split("/").filter(Boolean).map(decodeURIComponent);
  const [room, id, tab] = parts;
  const program = useQuery({ ...programQuery(id ?? ""), enabled: room === "programs" && id !== undefined });
  const changeSet = useQuery({ ...changeSetQuery(id ?? ""), enabled: room === "policy" && id !== undefined });
  if (room === undefined) return [{ label: "Overview" }];
  const crumbs: Crumb[] = [{ label: WORDS[room] ?? room, href: room === "denials" ? "/programs" : `/${room}` }];
  if (id !== undefined) {
    const name =
      room === "programs"
        ? (program.data?.name ?? id)
        : room === "policy"
          ? `Change set ${changeSet.data?.number ?? ""}`.trim()
          : room === "denials"
            ? shortDenialId(id)
            : id;
    crumbs.push({ label: name, href: `/${room}/${encodeURIComponent(id)}` });
  }
  if (tab !== undefined) crumbs.push({ label: WORDS[tab] ?? tab });
  return crumbs;
}
