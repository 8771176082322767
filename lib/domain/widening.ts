/** Why a set of changes is not proven to narrow. The list is closed; the page has a sentence for each. */
export const WIDENING_CODES = [
  "STATUS_LIFTED",
  "VERSION_ADDED",
  "GRANT_ADDED",
  "GRANT_WIDER",
  "HOST_WIDER",
  "HOST_NOT_PROVEN",
  "LIMIT_RAISED",
  "RECEIVER_ADDED",
  "ROUTE_ADDED",
  "PUBLISHER_CHANGED",
  "KEY_ADDED",
  "HOST_UNBLOCKED",
  "RUNTIME_LOWERED",
  "GRACE_LONGER",
  "TELEMETRY_LESS",
  "PERSON_MAY_MORE",
  "PERSON_RENAMED",
  "APPROVERS_FEWER",
  "SIGN_IN_GIVEN",
  "SIGN_IN_UNLOCKED",
  "NAME_CHANGED",
  "UNJUDGED",
] as const;
export type WideningCode = (typeof WIDENING_CODES)[number];

/** One thing that would be allowed afterwards and was not before: where, and of what. */
export type Widening = { code: WideningCode; appId: string | null; what: string };
