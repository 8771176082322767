/** What a device can be told apart by, in the order in which they are written. */
export const LABEL_NAMES = ["app", "region", "channel"] as const;
export type LabelName = (typeof LABEL_NAMES)[number];

/** Fixed by the enrolment token, never by what a device says (spec 4.32). */
export type Labels = { readonly [Name in LabelName]?: string };

/** One text of at most 32 characters that needs no escape anywhere it is written. */
export const LABEL_VALUE = /^[a-z0-9._-]{1,32}$/;

/** The one text of a set of labels, `app=ferry,region=eu`, whatever order they came in; empty where there is none. */
export function labelsKey(labels: Labels): string {
  return LABEL_NAMES.flatMap((name) => (labels[name] === undefined ? [] : [`${name}=${labels[name]}`])).join(",");
}
