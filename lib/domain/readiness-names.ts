/**
 * What a process asks itself, each by a try of its own, in the order in which it is shown. `stopsNarrowing`: while the
 * check fails nobody can suspend, narrow or block.
 */
export const CHECKS = {
  store_read: { title: "Store can be read", stopsNarrowing: true },
  store_write: { title: "Store can be written", stopsNarrowing: true },
  disk: { title: "Disk has room", stopsNarrowing: true },
  signature: { title: "Trial signature", stopsNarrowing: true },
  audit_write: { title: "Audit log goes on", stopsNarrowing: true },
  keyset: { title: "Keys fit the keyset", stopsNarrowing: false },
  audit: { title: "Audit log is what was signed", stopsNarrowing: false },
  documents: { title: "Documents verify", stopsNarrowing: false },
  clock: { title: "Clock", stopsNarrowing: false },
  continuity: { title: "Documents are handed out", stopsNarrowing: false },
  bundles: { title: "Bundles have their files", stopsNarrowing: false },
  client_addresses: { title: "Clients are told apart", stopsNarrowing: false },
  announcements: { title: "Announcements are heard", stopsNarrowing: false },
  console_thread: { title: "Console runs", stopsNarrowing: true },
  ingest_thread: { title: "Telemetry is taken in", stopsNarrowing: false },
  lag: { title: "Threads come to their work", stopsNarrowing: false },
  admission: { title: "Nobody is sent away", stopsNarrowing: false },
} as const satisfies Record<string, { title: string; stopsNarrowing: boolean }>;
export type CheckName = keyof typeof CHECKS;
export const CHECK_NAMES = Object.keys(CHECKS) as [CheckName, ...CheckName[]];

/** What a process does by itself, as people call it. */
export const JOBS = {
  keyset_inbox: "Take keysets in",
  clock: "Measure the clock",
  audit_heads: "Sign the log's end",
  resign: "Renew documents",
  bundle_files: "Look after bundles' files",
  journal: "Begin a long journal again",
  fold: "Add minutes up to hours",
  judge_causes: "See what decisions mended",
  past_days: "Drop days of telemetry that are over",
  figures: "Read the figures",
  forget: "Forget what ended",
} as const;
export type JobName = keyof typeof JOBS;
export const JOB_NAMES = Object.keys(JOBS) as [JobName, ...JobName[]];

/** What a process runs beside each other, as people call it. */
export const THREADS = {
  main: "Answers devices",
  console: "Console",
  ingest: "Takes telemetry in",
} as const;
export type ThreadName = keyof typeof THREADS;
export const THREAD_NAMES = Object.keys(THREADS) as [ThreadName, ...ThreadName[]];

/** What waits for its turn, and for what. */
export const QUEUES = {
  decisions: "Decisions",
  "decision-bodies": "Bodies of decisions",
  bodies: "Bodies of strangers",
  "known-bodies": "Bodies of people who are signed in",
  "sign-in": "Sign-in and forms",
  pages: "Pages and lists",
  assets: "Files of pages",
  "console-streams": "Browsers' streams",
  "device-streams": "Devices' streams",
  telemetry: "Telemetry",
  submissions: "Submissions",
} as const;
export type QueueName = keyof typeof QUEUES;
export const QUEUE_NAMES = Object.keys(QUEUES) as [QueueName, ...QueueName[]];
