"use client";

import { useQuery } from "@tanstack/react-query";
import { hasPermission, type Permission } from "@/lib/domain/roles";
import { sessionQuery } from "./session";

/** Whether to show the way to an act. The verb itself decides again; until the session was read, nothing is offered. */
export function usePermission(permission: Permission): boolean {
  const { data } = useQuery(sessionQuery());
  return data !== undefined && hasPermission(data.role, permission);
}
