import type { MarkName } from "@/components/ui/mark";
import type { PersonView } from "@/lib/contracts/people";

type Person = Pick<PersonView, "state" | "signIn">;

const GIVERS = { setup: "set-up link", one: "one person alone", two: "two people" } as const;

/** "Invited by": through whose hands the sign-in came of somebody who may propose or approve; null where that says nothing. */
export function invitedBy({ state, signIn }: Person): { words: string; mark: MarkName | null } | null {
  if (signIn === null) return null;
  const { givenBy, handover } = signIn;
  if (state === "invited" && handover === null) return { words: "ended; invite anew", mark: "waiting" };
  if (givenBy === null) return null;
  return { words: GIVERS[givenBy], mark: givenBy === "one" ? "waiting" : null };
}

/** How the person comes to a password, and what that takes now. */
export function signInWords({ state, signIn }: Person, isSetUp: boolean): string {
  if (signIn === null) {
    return state === "invited"
      ? "The invitation's link can be made again; the earlier one ends."
      : "A one-time link sets a new password. Resetting another's sign-in takes two people.";
  }
  if (!isSetUp) return "Link and code together set the password. Until two others can approve, an admin is shown both.";
  if (signIn.handover !== null)
    return "Link and code together set the password. Each is shown once, to its own person; a lost one takes a new sign-in.";
  if (state === "invited") return "The invitation has ended. A new one takes two people.";
  return signIn.givenBy === "one"
    ? "One person alone had both halves of this sign-in, or its link, and may know the password. A new one takes two people."
    : "A new sign-in takes two people.";
}
