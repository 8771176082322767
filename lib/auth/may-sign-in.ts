import type { PersonState } from "@/lib/domain/lifecycles";

/** Whether a person has sessions and begins new ones. An invited one has to accept first. */
export function maySignIn(person: { state: PersonState; signInLockedAt: Date | null }): boolean {
  return person.state === "active" && person.signInLockedAt === null;
}
