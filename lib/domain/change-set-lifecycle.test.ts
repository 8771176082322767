import { describe, expect, test } from "vitest";
import {
  CHANGE_SET_VERBS,
  type ChangeSetFacts,
  type ChangeSetVerb,
  type Decider,
  judgeApprover,
  judgeVerb,
  UNDO_WINDOW_MS,
} from "./change-set-lifecycle";
import { CHANGE_SET_STATES, type ChangeSetState } from "./lifecycles";
import { ROLES, type Role } from "./roles";

const NOW = 1_000_000_000;

function facts(more: Partial<ChangeSetFacts> = {}): ChangeSetFacts {
  return {
    state: "draft",
    ownerId: "per_owner",
    isNarrowing: false,
    isListing: false,
    isMixed: false,
    kinds: ["host"],
    isReversible: true,
    publisherIds: ["pub_1"],
    tokenMakerIds: [],
    keyMakerIds: [],
    isOfUnknownMaker: false,
    personIds: [],
    approvedBy: null,
    publishedBy: null,
    publishedAtMs: null,
    isUndone: false,
    ...more,
  };
}

const person = (role: Role, personId = "per_other", publisherId: string | null = null): Decider => ({
  personId,
  role,
  publisherId,
});
const owner = (role: Role) => person(role, "per_owner");

function refusalOf(verb: ChangeSetVerb, set: ChangeSetFacts, decider: Decider): string {
  const answer = judgeVerb(verb, set, decider, NOW);
  return answer.ok ? "ok" : answer.refusal;
}

const published = (more: Partial<ChangeSetFacts> = {}) =>
  facts({ state: "published", isNarrowing: true, publishedBy: "per_owner", publishedAtMs: NOW - 1, ...more });

describe("each state takes its own verbs and no others", () => {
  const MOVES: Record<ChangeSetState, ChangeSetVerb[]> = {
    draft: ["edit", "discard", "split", "propose", "narrow"],
    proposed: ["withdraw", "approve", "refuse"],
    approved: ["withdraw", "refuse", "publish"],
    published: ["undo"],
    discarded: [],
    withdrawn: [],
    refused: [],
    void: [],
  };
  test.each(CHANGE_SET_STATES)("%s", (state) => {
    const set =
      state === "published" ? published() : facts({ state, isMixed: true, isNarrowing: true, approvedBy: null });
    const open = CHANGE_SET_VERBS.filter(
      (verb) => judgeVerb(verb, set, owner("operator"), NOW).ok || judgeVerb(verb, set, person("operator"), NOW).ok,
    );
    expect(open).toEqual(CHANGE_SET_VERBS.filter((verb) => MOVES[state].includes(verb)));
  });
});

describe("widening takes a proposer and another", () => {
  const proposed = facts({ state: "proposed" });

  test("nobody approves what they proposed, whatever their role", () => {
    for (const role of ROLES) expect(judgeVerb("approve", proposed, owner(role), NOW).ok).toBe(false);
    expect(refusalOf("approve", proposed, owner("operator"))).toBe("OWN_PROPOSAL");
  });

  test("operators and security approve; admins never do", () => {
    const approvers = ROLES.filter((role) => judgeVerb("approve", proposed, person(role), NOW).ok);
    expect(approvers).toEqual(["operator", "security"]);
  });

  test("nobody approves for a publisher that they belong to", () => {
    expect(refusalOf("approve", proposed, person("operator", "per_2", "pub_1"))).toBe("OWN_PUBLISHER");
    expect(refusalOf("approve", proposed, person("operator", "per_2", "pub_2"))).toBe("ok");
  });

  test("nobody approves for a publisher whose token they made or whose key they proposed, but they may refuse", () => {
    const set = facts({ state: "proposed", tokenMakerIds: ["per_token"], keyMakerIds: ["per_key"] });
    expect(refusalOf("approve", set, person("operator", "per_token"))).toBe("OWN_TOKEN");
    expect(refusalOf("approve", set, person("security", "per_key"))).toBe("OWN_KEY");
    expect(refusalOf("approve", set, person("operator"))).toBe("ok");
    for (const id of ["per_token", "per_key"]) {
      expect(judgeApprover(set, person("operator", id)).ok).toBe(false);
      expect(refusalOf("refuse", set, person("operator", id))).toBe("ok");
    }
  });

  test("nobody lists what came by a token or a key of nobody known", () => {
    const listing = facts({ state: "proposed", isListing: true, isOfUnknownMaker: true, ownerId: "pub_1" });
    expect(refusalOf("approve", listing, person("operator"))).toBe("UNKNOWN_MAKER");
    expect(refusalOf("refuse", listing, person("operator"))).toBe("ok");
  });

  test("nobody touches a change of their own role, in no step of it", () => {
    const own = facts({ personIds: ["per_other"], kinds: ["person"], ownerId: "per_other" });
    for (const verb of ["edit", "propose", "narrow"] as const) {
      expect(refusalOf(verb, own, person("admin"))).toBe("OWN_PERSON");
    }
    expect(refusalOf("approve", { ...own, state: "proposed", ownerId: "x" }, person("operator"))).toBe("OWN_PERSON");
    expect(refusalOf("publish", { ...own, state: "approved", ownerId: "x" }, person("operator"))).toBe("OWN_PERSON");
  });

  test("an approved set is published by its proposer or any operator", () => {
    const approved = facts({ state: "approved", approvedBy: "per_2" });
    expect(refusalOf("publish", approved, owner("admin"))).toBe("ok");
    expect(refusalOf("publish", approved, owner("security"))).toBe("ok");
    const others = ROLES.filter((role) => judgeVerb("publish", approved, person(role), NOW).ok);
    expect(others).toEqual(["operator"]);
  });

  test("a submitted version is listed by those who also publish", () => {
    const listing = facts({ state: "proposed", isListing: true, ownerId: "pub_1", kinds: ["version"] });
    const listers = ROLES.filter((role) => judgeVerb("approve", listing, person(role), NOW).ok);
    expect(listers).toEqual(["operator"]);
  });

  test("people are the admins' to propose", () => {
    const draft = facts({ kinds: ["person"] });
    expect(ROLES.filter((role) => judgeVerb("propose", draft, owner(role), NOW).ok)).toEqual(["admin"]);
  });

  test("who lost the right to propose no longer proposes, but may still take back", () => {
    expect(refusalOf("propose", facts(), owner("auditor"))).toBe("ROLE");
    expect(refusalOf("withdraw", facts({ state: "proposed" }), owner("auditor"))).toBe("ok");
    expect(refusalOf("discard", facts(), owner("auditor"))).toBe("ok");
  });
});

describe("narrowing takes one", () => {
  test("operators and security, and admins for what they keep", () => {
    const narrowing = facts({ isNarrowing: true });
    expect(ROLES.filter((role) => judgeVerb("narrow", narrowing, owner(role), NOW).ok)).toEqual([
      "operator",
      "security",
    ]);
    const people = facts({ isNarrowing: true, kinds: ["person", "publisher-key", "blocked-host"] });
    expect(ROLES.filter((role) => judgeVerb("narrow", people, owner(role), NOW).ok)).toEqual(["admin"]);
  });

  test("is refused while it is not proven", () => {
    expect(refusalOf("narrow", facts(), owner("operator"))).toBe("NOT_NARROWING");
  });
});

describe("undo returns a narrowing", () => {
  test("by whoever narrowed, alone", () => {
    expect(refusalOf("undo", published(), owner("security"))).toBe("ok");
    expect(refusalOf("undo", published(), person("operator"))).toBe("NOT_OWNER");
  });

  test("until the fifteenth minute is over", () => {
    expect(UNDO_WINDOW_MS).toBe(900_000);
    expect(refusalOf("undo", published({ publishedAtMs: NOW - UNDO_WINDOW_MS + 1 }), owner("operator"))).toBe("ok");
    expect(refusalOf("undo", published({ publishedAtMs: NOW - UNDO_WINDOW_MS }), owner("operator"))).toBe("UNDO_OVER");
  });

  test("once, never a widening, never what was approved, never what cannot be removed", () => {
    expect(refusalOf("undo", published({ isUndone: true }), owner("operator"))).toBe("UNDONE");
    expect(refusalOf("undo", published({ isNarrowing: false }), owner("operator"))).toBe("STATE");
    expect(refusalOf("undo", published({ approvedBy: "per_2" }), owner("operator"))).toBe("STATE");
    expect(refusalOf("undo", published({ isReversible: false }), owner("operator"))).toBe("STATE");
  });

  test("not by one who may no longer narrow", () => {
    expect(refusalOf("undo", published(), owner("auditor"))).toBe("ROLE");
  });
});
