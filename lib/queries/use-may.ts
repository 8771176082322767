"use client";

import { useQuery } from "@tanstack/react-query";
import type { MemberKind } from "@/lib/domain/members";
import { admits } from "@/lib/domain/roles";
import { CALL_PERMISSIONS, type ConsoleAct } from "@/lib/http/call-permissions";
import { sessionQuery } from "./session";

type May = {
  /** The door of this act lets me in. */
  call(name: ConsoleAct): boolean;
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
    call: (name) => may !== undefined && admits(CALL_PERMISSIONS[name], may.permissions),
    propose: (kind) => may?.propose.includes(kind) === true,
    narrow: (kind) => may?.narrow.includes(kind) === true,
  };
}
