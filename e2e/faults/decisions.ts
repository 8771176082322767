import type { ChangeSetList, ChangeSetView } from "@/lib/contracts/change-sets";
import type { Position } from "@/native/core/documents/position";
import { ConsoleRefusal, type ConsoleSession } from "../../scripts/client/console-session";

/** A decision of which somebody was told that it is done: from then on it must be there, once, for ever. */
export type Decided = {
  changeSetId: string;
  platform: Position;
  action: "changeSet.narrow" | "changeSet.publish";
};

type Changes = { member: string; after: unknown }[];

async function narrow(person: ConsoleSession, changes: Changes, reason: string): Promise<Decided> {
  const set = await person.post<ChangeSetView>("change-sets/narrow", { changes, reason });
  return decided(set, "changeSet.narrow");
}

/** Lowers a limit of a program, which one person may do at once. */
export function narrowLimit(person: ConsoleSession, appId: string, max: number): Promise<Decided> {
  const changes = [{ member: `program:${appId}/limit:memoryBytes`, after: { max, action: "kill" } }];
  return narrow(person, changes, "Lowered by the test.");
}

/** Stops a program everywhere, which one person may do at once. */
export function suspend(person: ConsoleSession, appId: string): Promise<Decided> {
  return narrow(person, [{ member: `program:${appId}/status`, after: "suspended" }], "Stopped by the test.");
}

type People = { operator: ConsoleSession; security: ConsoleSession };

/** The whole way of a decision that widens: draft, proposed, approved by another, published. */
async function widen({ operator, security }: People, changes: Changes): Promise<Decided> {
  await operator.post("change-sets/edit", { changes });
  const { draft } = await operator.get<{ draft: ChangeSetView | null }>("change-sets/draft");
  if (draft === null) throw new Error("the draft is empty");
  const path = `change-sets/${draft.id}`;
  await operator.post(`${path}/propose`, { reason: "Wanted by the test." });
  await security.post(`${path}/approve`, { reason: "Checked by the test." });
  return decided(await operator.post<ChangeSetView>(`${path}/publish`, {}), "changeSet.publish");
}

/** Publishes what was approved already, and could not go out then. */
export async function publishApproved({ operator }: Pick<People, "operator">): Promise<Decided> {
  const { items } = await operator.get<ChangeSetList>("change-sets");
  const approved = items.find(({ state }) => state === "approved");
  const set = await operator.post<ChangeSetView>(`change-sets/${approved?.id}/publish`, {});
  return decided(set, "changeSet.publish");
}

/** Allows a program one host more. */
export function widenHost(people: People, appId: string, host: string): Promise<Decided> {
  const after = { host, ports: [443], purposes: ["request"] };
  return widen(people, [{ member: `program:${appId}/host:new`, after }]);
}

/** Lets a suspended program run again. */
export function lift(people: People, appId: string): Promise<Decided> {
  return widen(people, [{ member: `program:${appId}/status`, after: "active" }]);
}

function decided(set: ChangeSetView, action: Decided["action"]): Decided {
  if (set.platformPosition === null) throw new Error("a published change set names no revision");
  return { changeSetId: set.id, platform: set.platformPosition, action };
}

/** Whether an error only says that the server is gone, or that somebody else was first. */
export function isExpectedUnderFault(error: unknown): boolean {
  if (error instanceof TypeError) return true;
  return error instanceof ConsoleRefusal && [409, 412, 503].includes(error.status);
}
