import { describe, expect, it } from "vitest";
import type { PersonView } from "@/lib/contracts/people";
import { invitedBy, signInWords } from "./sign-in-words";

type SignIn = NonNullable<PersonView["signIn"]>;

const half = { to: { id: "per_1", name: "Ravi Menon" }, isShown: false };
const handover = { changeSetId: null, link: half, code: half, mine: null, expiresAt: "2026-03-01T09:00:00Z" };
const person = (state: PersonView["state"], signIn: SignIn | null) => ({ state, signIn });

describe("the words about a sign-in", () => {
  it("say of somebody whose sign-in one person alone had in hands that it was so, until it is given anew by two", () => {
    for (const state of ["invited", "active"] as const) {
      const words = invitedBy(person(state, { givenBy: "one", handover }));
      expect(words).toEqual({ words: "one person alone", mark: "waiting" });
    }
    expect(invitedBy(person("active", { givenBy: "two", handover: null }))?.mark).toBeNull();
    expect(signInWords(person("active", { givenBy: "one", handover: null }), true)).toContain("may know the password");
  });

  it("say of an invited person whose invitation is over that it takes a new one", () => {
    for (const givenBy of [null, "one"] as const) {
      expect(invitedBy(person("invited", { givenBy, handover: null }))?.words).toBe("ended; invite anew");
    }
    expect(signInWords(person("invited", { givenBy: null, handover: null }), true)).toContain("has ended");
  });

  it("say nothing of people who decide nothing, and of those whom an identity provider vouches for", () => {
    expect(invitedBy(person("active", null))).toBeNull();
    expect(invitedBy(person("active", { givenBy: null, handover: null }))).toBeNull();
  });
});
