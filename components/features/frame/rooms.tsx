import { Activity, Building2, Gauge, LayoutGrid, Scale, ScrollText, Smartphone, Users } from "lucide-react";
import type { ReactNode } from "react";
import type { Role } from "@/lib/domain/roles";

export type RoomId = "overview" | "policy" | "programs" | "fleet" | "publishers" | "audit" | "people" | "readiness";
export type RoomInfo = {
  id: RoomId;
  href: string;
  /** Where pages of the room stand that do not stand below its address. */
  also?: string;
  label: string;
  letter: string;
  icon: ReactNode;
};

const icon = { size: 16, strokeWidth: 1.75, "aria-hidden": true, className: "shrink-0" } as const;

const ROOMS: Record<RoomId, RoomInfo> = {
  overview: { id: "overview", href: "/", label: "Overview", letter: "o", icon: <Gauge {...icon} /> },
  policy: { id: "policy", href: "/policy", label: "Policy", letter: "p", icon: <Scale {...icon} /> },
  programs: {
    ...{ id: "programs", href: "/programs", also: "/denials", label: "Programs", letter: "g" },
    icon: <LayoutGrid {...icon} />,
  },
  fleet: { id: "fleet", href: "/fleet", label: "Fleet", letter: "f", icon: <Smartphone {...icon} /> },
  publishers: {
    id: "publishers",
    href: "/publishers",
    label: "Publishers",
    letter: "u",
    icon: <Building2 {...icon} />,
  },
  audit: { id: "audit", href: "/audit", label: "Audit", letter: "a", icon: <ScrollText {...icon} /> },
  readiness: { id: "readiness", href: "/readiness", label: "Readiness", letter: "r", icon: <Activity {...icon} /> },
  people: { id: "people", href: "/people", label: "People", letter: "e", icon: <Users {...icon} /> },
};

/** In the order of use for the role. */
const ORDER: Record<Role, readonly RoomId[]> = {
  operator: ["overview", "policy", "programs", "fleet", "publishers", "audit", "people", "readiness"],
  security: ["overview", "programs", "policy", "fleet", "publishers", "audit", "people", "readiness"],
  admin: ["overview", "people", "readiness", "policy", "publishers", "programs", "fleet", "audit"],
  auditor: ["audit", "overview", "policy", "programs", "fleet", "publishers", "people", "readiness"],
  developer: [],
};

export function roomsOf(role: Role): RoomInfo[] {
  return ORDER[role].map((id) => ROOMS[id]);
}
