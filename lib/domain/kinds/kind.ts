import type { z } from "zod";
import type { PublicSuffixes } from "@/native/core/decide/public-suffixes";
import type { Deed } from "../deeds";
import type { PlatformMembers, ProgramMembers } from "../grouped-members";
import type { EntryOf, MemberKind, MemberOf, MemberValues, RowKind } from "../members";
import type { Permission } from "../roles";
import type { Taken, Texts } from "../texts/taken";
import type { WideningCode } from "../widening";

/** What the catalogue and the public-suffix table say; passed in, because the table must not reach the browser. */
export type EditRules = {
  publicSuffixes: PublicSuffixes;
  /** The constraint kinds that a capability takes; null for one that the catalogue does not have. */
  constraintsOf(capability: string): readonly string[] | null;
};

/** One thing that is wrong, at `path` (a JSON Pointer into the member's value). */
export type ValueIssue = { path: string; code: string };

/** A published state, as far as a check of one member looks at it. */
export type StateView = {
  value<K extends MemberKind>(member: MemberOf<K>): MemberValues[K] | null;
  entries<K extends MemberKind>(kind: K): EntryOf<K>[];
};

/** The write of a value in its step. */
export type Step<K extends MemberKind> = {
  member: MemberOf<K>;
  value: MemberValues[K];
  before: StateView;
  after: StateView;
  rules: EditRules;
};

/** What a kind does not check, it says: nothing is left unchecked by being forgotten. */
export type Unchecked = { because: string };

/** Who may not make this write by a draft; the codes of the refusal. */
export const EDIT_REFUSALS = ["NOT_EDITABLE", "UNKNOWN_RULE", "PERSON_STATE"] as const;
export type EditRefusal = (typeof EDIT_REFUSALS)[number];

export type DraftWrite<K extends MemberKind> = {
  before: MemberValues[K] | null;
  after: MemberValues[K];
  /** The member's key was made by the verb that asks, or stands in its draft already. */
  isOwnKey: boolean;
};

/**
 * How a change of a member is proven to allow no more: by its two values alone, or by what is in force with all the
 * others of its group (a rule sets a wildcard aside, a limit replaces the platform's). A code is what is not proven.
 */
export type Judged<K extends MemberKind> =
  | { by: "value"; judge(before: MemberValues[K] | null, after: MemberValues[K] | null): WideningCode | null }
  | { by: "effect"; of: "hosts" | "limits" | "blocks" };

/**
 * How people write a value: in texts by field, which a form shows. What `write` made `read` reads back as the same value;
 * of anything else it answers values that fit the shape, or issues by field, never neither.
 */
export type Written<K extends MemberKind> = {
  fields: readonly string[];
  write(value: Partial<MemberValues[K]>, member: MemberOf<K>): Texts;
  read(texts: Texts, member: MemberOf<K>): Taken<MemberValues[K]>;
};

/** Where a member's value stands in the documents that devices get. */
export type Placed<K extends MemberKind> =
  | { in: "program"; put(program: ProgramMembers, member: MemberOf<K>, value: MemberValues[K]): void }
  | {
      in: "platform";
      put(platform: PlatformMembers, member: MemberOf<K>, value: MemberValues[K]): void;
      /** What `put` wrote. */
      take(platform: PlatformMembers, member: MemberOf<K>): MemberValues[K] | null;
    }
  | { in: "none"; because: string };

/** Names in place of ids, where they are known. */
export type Names = {
  publisher(id: string): string | null;
  person(id: string): string | null;
  program(appId: string): string | null;
};

/** What a change is called, before its differences are listed. */
export type Words<K extends MemberKind> = {
  /** "grant camera.capture": what the member is. */
  noun(member: MemberOf<K>, value: MemberValues[K], names: Names): string;
  /** "Suspended" in place of "Changed status"; null where the plain verb says it. `say` writes the verb, asked for or done. */
  headline(change: {
    member: MemberOf<K>;
    before: MemberValues[K] | null;
    after: MemberValues[K] | null;
    names: Names;
    say(deed: Deed): string;
  }): string | null;
  /** Leaves that noun and headline name by themselves: of what is added or removed they are not told twice. */
  told: readonly string[];
  /** The leaf that follows the headline without its path, as in "Lowered requestsPerMinute 600 → 300"; null for none. */
  inline: string | null;
  /** Leaves that are not shown as they are written: by their path. */
  leaves: Readonly<Record<string, (value: unknown, names: Names) => string>>;
};

/**
 * Everything that the project knows of one kind of member. All of it is required: a kind that lacks a part does not
 * compile, and what a part leaves open is refused, widens, or is not editable.
 */
export type Kind<K extends MemberKind> = {
  /** `OWNER:id/PART:name`, the member's one text. `part` null: the owner itself. */
  key: {
    owner: "platform" | "program" | "publisher" | "person";
    part: string | null;
    /** The text after the part's colon; null where it has none. */
    name(member: MemberOf<K>): string | null;
    /** Null for a name that no member has. `id` is the owner's, well-formed; "" for the platform. */
    read(id: string, name: string | null): MemberOf<K> | null;
  };
  /** Where its published values lie: in the one table of members, or in rows of its kind. */
  home: K extends RowKind ? "row" : "member";
  /** Reads a value and makes it canonical, so that equal decisions have equal texts. */
  shape: z.ZodType<MemberValues[K]>;
  text: Written<K> | Unchecked;
  /** What in a value contradicts its key. */
  checkValue: ((member: MemberOf<K>, value: MemberValues[K]) => ValueIssue[]) | Unchecked;
  /** What forbids a write in its step, whoever makes it. */
  checkStep: ((step: Step<K>) => ValueIssue[]) | Unchecked;
  /** Once there, it is changed but never taken away. */
  isLasting: boolean;
  /** Why a draft may not hold this write; null where it may. */
  whyNotEditable(write: DraftWrite<K>): EditRefusal | null;
  /** One of these permissions writes it into a draft. */
  proposedBy: readonly Permission[];
  /** One of these publishes a narrowing of it alone. */
  narrowedBy: readonly Permission[];
  widens: Judged<K>;
  document: Placed<K>;
  words: Words<K>;
};

/** By `by`: what changed from one value to another is judged field by field. */
export type FieldJudges<V extends object> = {
  [F in keyof Required<V>]: (
    before: Required<V>[F] | undefined,
    after: Required<V>[F] | undefined,
  ) => WideningCode | null;
};
