/**
 * Why a log is not what signers signed: its end is cut off, what was signed is another entry, its newest head has no
 * signature of ours, or a platform document that a device handed back says another thing of it.
 */
export type AuditFaultCode = "TRUNCATED" | "REWRITTEN" | "UNSIGNED" | "WITNESSED";
export type AuditFault = {
  code: AuditFaultCode;
  /** The first entry that may be wrong; the whole check, on the Audit page, says it exactly. */
  sequence: number;
  says: string;
  remedy: string;
};

const REMEDY =
  "Export the log and verify it (Audit page) as evidence, find who wrote to the database, and restore a backup from before. Where the database lost its newest rows by itself, as by a failover: npm run store -- admit-loss --data DIR. Suspending goes on meanwhile.";

/** What is wrong, in words; `signed` is the entry of the signed head that says so. */
export function auditFault(code: AuditFaultCode, sequence: number, signed = sequence): AuditFault {
  const upTo = `${sequence} to ${signed}`;
  const isOne = signed <= sequence;
  const what = {
    TRUNCATED: isOne
      ? `Entry ${sequence} is not in the audit log any more, and was signed.`
      : `Entries ${upTo} are not in the audit log any more, and were signed.`,
    REWRITTEN: `The audit log is another one than was signed: ${isOne ? `entry ${sequence}` : `one of the entries ${upTo}`} was changed, taken out or put in.`,
    UNSIGNED: `The newest head of the audit log, of entry ${sequence}, is not signed by a key of this platform.`,
    WITNESSED: `A device holds a platform document of ours that says another thing of entry ${sequence} than the audit log.`,
  }[code];
  return {
    code,
    sequence,
    says: `${what} No head is signed and the log is not shown until this is settled.`,
    remedy: REMEDY,
  };
}
