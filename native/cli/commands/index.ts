import type { Command } from "../command";
import { auditVerifyCommand } from "./audit-verify";
import { completionCommand } from "./completion";
import { conformanceCommand } from "./conformance";
import { decideCommand } from "./decide";
import { doctorCommand } from "./doctor";
import { enrollCommand } from "./enroll";
import { explainCommand } from "./explain";
import { initCommand } from "./init";
import { keygenCommand } from "./keygen";
import { lintCommand } from "./lint";
import { packCommand } from "./pack";
import { runCommand } from "./run";
import { signCommand } from "./sign";
import { statusCommand } from "./status";
import { submitCommand } from "./submit";
import { verifyCommand } from "./verify";
import { withdrawCommand } from "./withdraw";

/** In the order in which one comes to need them. */
export const commands: readonly Command[] = [
  initCommand,
  keygenCommand,
  lintCommand,
  packCommand,
  signCommand,
  verifyCommand,
  doctorCommand,
  runCommand,
  submitCommand,
  statusCommand,
  withdrawCommand,
  enrollCommand,
  decideCommand,
  conformanceCommand,
  auditVerifyCommand,
  explainCommand,
  completionCommand(() => commands),
];
