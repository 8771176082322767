import type { ConsoleLine, HostStatus, ProgramStatus } from "./host-status";
import type { ConsentOutcome } from "./providers";

/** A call that was refused, as the console and the program's developer see it too. */
export type Denial = {
  appId: string;
  versionCode: number;
  /** Of the closed list of denials: `bulkhead explain CODE`. */
  code: string;
  /** Where in the policy's documents it was decided; null where no rule is meant. */
  rule: string | null;
  denialId: string;
  api: string | null;
  host: string | null;
};

/** What a host tells. `kind` says which. */
export type HostEvent =
  /** A program's state changed. */
  | ({ kind: "program" } & ProgramStatus)
  /** Anything of the status changed, programs among it. */
  | { kind: "status"; status: HostStatus }
  /** A bundle was verified and is kept on this device. */
  | { kind: "installed"; appId: string; versionCode: number }
  /** A line that a program wrote, or that the host says of it. */
  | { kind: "console"; appId: string; line: ConsoleLine }
  /** What came of a question to the person. */
  | { kind: "consent"; appId: string; capability: string; outcome: ConsentOutcome }
  | ({ kind: "denied" } & Denial)
  /** So many events were lost here, since whoever reads was slower than they came: of one program, or of the host where `appId` is null. */
  | { kind: "lost"; appId: string | null; count: number }
  /** The last event. */
  | { kind: "closed" };
