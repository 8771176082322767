import type { ErrorList, Mender } from "./error-pages";

/** What each list is of, and who meets its codes, for pages and the command line. */
export const LIST_WORDS = {
  denial: { name: "a refused call", met: "by a program, its developer and the console, when a device refuses a call" },
  http: { name: "an answer of the platform", met: "by whoever asks the platform over HTTP" },
  manifest: { name: "an issue of a manifest", met: "by developers, from `bulkhead lint` and when they submit" },
  bundle: { name: "a refused bundle", met: "by a device that fetched a bundle, and from `bulkhead verify`" },
  document: { name: "a refused policy document", met: "by a device, which tells the console" },
  command: { name: "an end of the command line", met: "at a terminal" },
  runtime: {
    name: "what a runtime did not do",
    met: "by whoever enrols a device, starts a runtime or embeds one",
  },
  widening: { name: "why a change is not proven to narrow", met: "by operators, before they propose a change" },
  audit: { name: "a finding in the audit log", met: "by auditors, from `bulkhead audit verify` and the console" },
} as const satisfies Record<ErrorList, { name: string; met: string }>;

export const MENDER_WORDS = {
  developer: "the program's developer",
  caller: "whoever sent the request",
  platform: "the people who operate the platform",
  engineer: "the engineer who runs the server or embeds the runtime",
  approver: "another person of the platform, who approves it",
  auditor: "the auditor, with the engineer who runs the server",
  nobody: "nobody needs to",
} as const satisfies Record<Mender, string>;
