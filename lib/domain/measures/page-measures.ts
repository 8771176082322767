/**
 * The numbers that pages show, by name: what each counts, said once. A number of one name, scope and range is the same wherever it
 * stands (`e2e/truth/numbers.spec.ts`): on a page, in a list, in a chart's table and in what the API answers.
 */
export const PAGE_MEASURES = {
  waiting: "Rows that wait for whoever looks.",
  programs: "Programs that match the list's filter.",
  programsLive: "Of these, active ones with a version in force.",
  programsWaiting: "Of these, those with a version that waits for its review.",
  programsSuspended: "Of these, suspended ones.",
  requests: "Requests that devices counted of a program in a range, allowed or not.",
  blocked: "Of these requests, those that were blocked.",
  crashes: "Ends of a program that nobody asked for, in a range.",
  devices: "Devices that told of a program in a range; an estimate above 160.",
  causes: "Different reasons for which a program was refused something in a range; what is counted together is none.",
  refused: "Calls and requests that were refused in a range, for all reasons or for one.",
  refusedDevices: "Devices on which a program was refused something for one reason in a range; an estimate above 160.",
  limitsReached:
    "Limits that refused something, held it back or were come up to in a range; never the cache, which is meant to be full.",
  heldBackDevices:
    "Devices on which a limit refused something of a program or held it back in a range; an estimate above 160.",
  limitRefusals: "Calls of a program that a limit refused in a range.",
  enrolled: "Devices that are enrolled and not revoked.",
  seen: "Of these, those that were seen in 24 h.",
  current: "Of these, those that were seen in 24 h and enforce the newest platform document.",
  behind: "Of these, those that were seen in 24 h and enforce an older one, or none.",
  stale: "Enrolled devices that were not seen in 24 h.",
  degraded: "Enrolled devices that run with a layer of confinement missing.",
  reached: "Devices seen in 24 h that enforce a platform document, or a later one.",
  applied: "Milliseconds within which half of the devices applied a decision for the first time, as counted then.",
  lost: "Samples that enrolled devices had to drop since they were enrolled.",
  auditEntries: "Entries of the audit log, as last verified.",
} as const satisfies Record<string, string>;
export type PageMeasure = keyof typeof PAGE_MEASURES;
