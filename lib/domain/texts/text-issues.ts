/** Everything that keeps what a person wrote from being a value, with the sentence that says so; `{name}` stands for what was written. */
export const TEXT_ISSUES = {
  HOST_EMPTY: "Write a host, for example api.example.com.",
  HOST_MANY: "{count} hosts at once; {most} are the most.",
  HOST_HIDDEN: "{text} has characters that are not shown. Without them it is {offer}: add that?",
  HOST_WILDCARD_PLACE: "{text}: a * stands only in front, alone before the first dot, as in *.example.com.",
  HOST_WILDCARD_DOT: "{text} begins with a dot. Every name one label below it is {offer}: add that?",
  HOST_ONE_LABEL: "{text} has one label; a host has two or more, as api.example.com has.",
  HOST_ADDRESS: "{text} is an address; rules name hosts.",
  HOST_NUMBER: "{text} ends in a number; the last label of a host has letters.",
  HOST_CHARACTER: "{text}: no host that a program may reach has the character {character}.",
  HOST_EMPTY_LABEL: "{text} has nothing between two dots.",
  HOST_HYPHEN: "{text}: a label neither begins nor ends with a hyphen.",
  HOST_LABEL_LONG: "{text}: a label has at most 63 characters.",
  HOST_LONG: "{text}: a host has at most 253 characters.",
  HOST_IDN: "{text} is {offer}: add that?",
  HOST_NO_NAME: "{text} is no name that a host can have.",
  PORTS_EMPTY: "Name at least one port.",
  PORT_NUMBER: "{text} is no port; ports are whole numbers from 1 to 65535.",
  ITEMS_MANY: "{count} at once; {most} are the most.",
  PURPOSES_EMPTY: "Choose at least one purpose.",
  CHOICE_UNKNOWN: "{text} is none of these: {choices}.",
  PINS_END: "Pins end on a day.",
  PIN_FORMAT: "{text} is no SHA-256: 64 hex digits, or sha256/ and its base64.",
  MOMENT_FORMAT: "{text} is no day; write it as 2027-02-17.",
  NUMBER_EMPTY: "Write a number.",
  NUMBER_FORMAT: "{text} is no number.",
  NUMBER_COMMA: "{text} may mean two things; write a fraction with a point, thousands without a mark.",
  NUMBER_UNIT: "{text} is no unit of this; {choices} are.",
  NUMBER_FRACTION: "{text} is no whole number of {unit}.",
  NUMBER_SMALL: "{text} is too small; {least} is the least.",
  NUMBER_LARGE: "{text} is too large to be kept exactly.",
  WARN_ABOVE: "The warning is at most the limit.",
  CURRENCY_FORMAT: "{text} is no currency; write its three letters, as EUR.",
  CURRENCY_ALONE: "An amount has a currency, and a currency an amount.",
  KEY_EMPTY: "Paste the public key.",
  KEY_PRIVATE:
    "This is a private key. It stays with its publisher; paste the public half, which npx bulkhead keygen wrote beside it.",
  KEY_CERTIFICATE: "This is a certificate; the public key alone is needed, as npx bulkhead keygen writes it.",
  KEY_OTHER: "This is a key of another kind; a PUBLIC KEY of P-256 is needed, as npx bulkhead keygen writes it.",
  KEY_CURVE: "This is a public key, but none of P-256.",
  KEY_MANY: "{count} keys at once; they are proposed one by one.",
  KEY_FORMAT: "This is no key; a PEM block that begins with BEGIN PUBLIC KEY is needed.",
  NAME_EMPTY: "Write a name.",
  NAME_LONG: "{count} characters; a name has {most} at most.",
  NAME_HIDDEN: "It has characters that are not shown, or that turn text around.",
  EMAIL_FORMAT: "{text} is no e-mail.",
  VALUE_FORMAT: "This is not taken here.",
} as const satisfies Record<string, string>;

export type TextIssueCode = keyof typeof TEXT_ISSUES;

/** One thing that is wrong with what was written. */
export type TextIssue = {
  /** Whose text it is: a JSON Pointer into the value; "" for the value as a whole. */
  field: string;
  code: TextIssueCode;
  said: Readonly<Record<string, string | number>>;
  /** Where in the field's text it stands, so that one click may leave it out or put the offer there. */
  span?: { start: number; end: number };
  /** What it may have been meant to be. */
  offer?: string;
};

/** The issue as a sentence. */
export function sayTextIssue({ code, said, offer }: TextIssue): string {
  const values: Readonly<Record<string, string | number>> = offer === undefined ? said : { ...said, offer };
  return TEXT_ISSUES[code].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** The text with what the span holds left out, or the offer in its place. */
export function mendText(text: string, { span, offer }: TextIssue, isLeftOut: boolean): string {
  if (span === undefined) return text;
  const rest = text.slice(span.end);
  const mended = isLeftOut ? "" : (offer ?? text.slice(span.start, span.end));
  const before = text.slice(0, span.start);
  if (mended !== "") return before + mended + rest;
  // The line or the comma that belonged to it goes with it.
  return /[\s,;]$/.test(before) || before === "" ? before + rest.replace(/^[\s,;]+/, "") : before + rest;
}
