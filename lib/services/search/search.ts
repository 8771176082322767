import type { SearchAnswer, SearchResult } from "@/lib/contracts/search";
import { type Actor, hasPermission, type Permission } from "@/lib/domain/roles";
import { readHosts } from "@/lib/domain/texts/read-hosts";
import { isCapability } from "@/native/core/decide/catalog";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { findByNumber } from "./find-by-number";
import { findCapabilityHolders } from "./find-capability-holders";
import { findHost } from "./find-host";
import { findNamed } from "./find-named";

/** Answers of one kind at most. */
export const ANSWERS_MAX = 5;

/**
 * What is known of what was typed, answers before names: of a host who may reach it, who tried and since when; of a
 * capability who holds it; a change set by its number, a denial or cause by its id; programs, people, publishers, keys and
 * devices by name. Each kind is asked by what the actor may read, and answers a few at most.
 */
export async function search(context: ServiceContext, actor: Actor, input: { q: string }): Promise<SearchResult> {
  requirePermission(actor, "console.read");
  const q = input.q.trim();
  const { db } = context.store;
  const may = (permission: Permission) => actor.kind === "person" && hasPermission(actor.role, permission);
  const nowMs = context.clock.nowMs();
  const [host, ...others] = isCapability(q) ? [] : readHosts(q, "").hosts;
  const ofHost = host === undefined || others.length > 0 ? null : await findHost(db, host, nowMs);
  const found: SearchAnswer[][] = [
    ...(await findByNumber(db, q)),
    ...(isCapability(q) ? await findCapabilityHolders(db, q, nowMs) : []),
    ...(ofHost?.answers ?? []),
    ...(await findNamed(db, q, { people: may("people.read"), devices: may("devices.read") })),
  ];
  // An app id has the form of a host: that no rule names it is said where it is nothing else.
  const known = found.map((answers) => answers.filter(({ kind }) => kind !== "host-unknown"));
  const told = known.some((answers) => answers.length > 0) ? known : found;
  return {
    answers: told.flatMap((answers) => answers.slice(0, ANSWERS_MAX)),
    isMore: ofHost?.isWhole === false || told.some((answers) => answers.length > ANSWERS_MAX),
  };
}
