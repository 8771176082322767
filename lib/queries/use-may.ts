"use client";

import { useQuery } from "@tanstack/react-query";
import type { MemberKind } from "@/lib/domain/members";
import { admits } from "@/lib/domain/roles";
import { consoleRoutes } from "@/lib/http/console-routes";
import { sessionQuery } from "./session";

/** A call of the console by its name in the table of routes. */
type ConsoleCallName = keyof typeof consoleRoutes;

type May = {
  /** The door of this call lets me in. */
  call(name: ConsoleCallName): boolean;
  /** I may write a member of this kind into my draft. */
  propose(kind: MemberKind): boolean;
  /** What narrows a member of this kind I may publish alone. */
  narrow(kind: MemberKind): boolean;
};

/**
 * What the signed-in person may do, as the server said it of them and by the answer that its doors give. Until that was
 * read nothing is offered. What depends on the object itself stands with the object.
 */
export function useMay(): May {
  const may = useQuery(sessionQuery()).data?.may;
  return {
    call: (name) => may !== undefined && admits(consoleRoutes[name].permission, may.permissions),
    propose: (kind) => may?.propose.includes(kind) === true,
    narrow: (kind) => may?.narrow.includes(kind) === true,
  };
}
