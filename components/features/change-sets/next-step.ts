import type { ChangeSetDetail } from "@/lib/contracts/change-sets";
import { plural } from "@/lib/format/count";

/** "Teo Okafor, Ines Duarte or 3 others"; null: nobody. */
function oneOf(names: readonly string[]): string | null {
  const [first, second, ...more] = names;
  if (first === undefined) return null;
  if (second === undefined) return first;
  return more.length === 0 ? `${first} or ${second}` : `${first}, ${second} or ${plural(more.length, "other")}`;
}

/** "Teo Okafor or Ines Duarte approves": the step that a set waits for and who may take it. Null where it waits for nobody. */
export function nextStep(set: ChangeSetDetail, meId: string | null): string | null {
  const step = set.state === "proposed" ? "approve" : set.state === "approved" ? "publish" : null;
  if (step === null) return null;
  const able = set.parts.filter(({ may }) => may === step);
  if (able.some(({ person }) => person.id === meId)) return null;
  const names = oneOf(able.map(({ person }) => person.name));
  if (names !== null) return `${names} may ${step}.`;
  return `Nobody may ${step} it now; an admin can give somebody the role.`;
}

/** What follows an approval, and by whom: "you or Mara Lindqvist may publish", "lists it on 12 devices". */
export function afterApproval(set: ChangeSetDetail, meId: string | null): string {
  if (set.isListing) return set.devices === null ? "lists it" : `lists it on ${plural(set.devices, "device")}`;
  const able = set.parts.filter(({ publishes }) => publishes).map(({ person }) => person);
  const others = able.filter(({ id }) => id !== meId).map(({ name }) => name);
  return `${oneOf(able.length > others.length ? ["you", ...others] : others) ?? "nobody"} may publish`;
}

/** "Publish to 12 devices"; people and sign-ins are on none. */
export const publishWords = ({ devices }: Pick<ChangeSetDetail, "devices">): string =>
  devices === null ? "Publish" : `Publish to ${plural(devices, "device")}`;
