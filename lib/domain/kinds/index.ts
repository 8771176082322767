import type { MemberKind, MemberOf } from "../members";
import { blockedHost } from "./blocked-host";
import { graceSeconds } from "./grace-seconds";
import { grant } from "./grant";
import { host } from "./host";
import type { Kind, Written } from "./kind";
import { limit, platformLimit } from "./limit";
import { minRuntime } from "./min-runtime";
import { person } from "./person";
import { publisher } from "./publisher";
import { publisherKey } from "./publisher-key";
import { receiver } from "./receiver";
import { registration } from "./registration";
import { route } from "./route";
import { signIn } from "./sign-in";
import { signInLock } from "./sign-in-lock";
import { status } from "./status";
import { telemetry } from "./telemetry";
import { version } from "./version";

/** Every kind of member, once. */
export const KINDS = {
  publisher,
  "publisher-key": publisherKey,
  registration,
  status,
  version,
  grant,
  host,
  limit,
  receiver,
  route,
  "platform-limit": platformLimit,
  "blocked-host": blockedHost,
  "min-runtime": minRuntime,
  "grace-seconds": graceSeconds,
  telemetry,
  person,
  "sign-in": signIn,
  "sign-in-lock": signInLock,
} satisfies { [K in MemberKind]: Kind<K> };

export const MEMBER_KINDS = Object.keys(KINDS) as MemberKind[];

/**
 * The kind of a member, as one that takes any member's values: which belong together the compiler cannot follow across
 * a table, so whoever asks hands over a member and the values of the same.
 */
export function kindOf(kind: MemberKind): Kind<MemberKind> {
  return KINDS[kind] as unknown as Kind<MemberKind>;
}

/** How people write a member's value. Throws for a kind that nobody writes as text. */
export function writtenOf<K extends MemberKind>({ kind }: MemberOf<K>): Written<K> {
  const { text } = KINDS[kind];
  if (!("read" in text)) throw new TypeError(`nobody writes a ${kind} as text`);
  // Safe: `KINDS` has under each kind what is of that kind, which the compiler cannot follow from a member to its kind.
  return text as unknown as Written<K>;
}
