import type { ChangeSetView } from "@/lib/contracts/change-sets";
import type { Position } from "@/native/core/documents/position";
import { ConsoleRefusal, type ConsoleSession } from "../../scripts/client/console-session";

/** A decision of which somebody was told that it is done: from then on it must be there, once, for ever. */
export type Decided = {
  changeSetId: string;
  platform: Position;
  action: "changeSet.narrow" | "changeSet.publish";
};

/** Lowers a limit of a program, which one person may do at once. */
export async function narrowLimit(operator: ConsoleSession, appId: string, max: number): Promise<Decided> {
  const set = await operator.post<ChangeSetView>("change-sets/narrow", {
    changes: [{ member: `program:${appId}/limit:memoryBytes`, after: { max, action: "kill" } }],
    reason: "Lowered by the test.",
  });
  return decided(set, "changeSet.narrow");
}

/**
 * The whole way of a decision that widens: draft, proposed, approved by another, published. `onStep` hears of every
 * step that was acknowledged.
 */
export async function widenHost(
  operator: ConsoleSession,
  security: ConsoleSession,
  appId: string,
  host: string,
  onStep: (step: { verb: string; set: ChangeSetView }) => void = () => undefined,
): Promise<Decided> {
  const done = (verb: string, set: ChangeSetView) => {
    onStep({ verb, set });
    return set;
  };
  await operator.post("change-sets/edit", {
    changes: [{ member: `program:${appId}/host:new`, after: { host, ports: [443], purposes: ["request"] } }],
  });
  const { draft } = await operator.get<{ draft: ChangeSetView | null }>("change-sets/draft");
  if (draft === null) throw new Error("the draft is empty");
  const path = `change-sets/${draft.id}`;
  done("propose", await operator.post<ChangeSetView>(`${path}/propose`, { reason: "Wanted by the test." }));
  done("approve", await security.post<ChangeSetView>(`${path}/approve`, { reason: "Checked by the test." }));
  return decided(done("publish", await operator.post<ChangeSetView>(`${path}/publish`, {})), "changeSet.publish");
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
