import { AppError, type ErrorCode } from "@/lib/platform/errors";

/** Why a backup is not made, read or restored, a closed list: what is wrong, and what to do about it. */
export const BACKUP_FAULTS = {
  "not-a-backup": {
    code: "unprocessable",
    what: "it is no backup of this program",
    remedy: "Name a file that npm run store -- backup wrote.",
  },
  "passphrase-missing": {
    code: "invalid_input",
    what: "it is sealed by a passphrase, and none is given",
    remedy:
      "Type it at a terminal, or set BULKHEAD_BACKUP_PASSPHRASE_FILE (a file, its first line) or BULKHEAD_BACKUP_PASSPHRASE.",
  },
  unsealed: {
    code: "conflict",
    what: "it is sealed by no passphrase, so whoever could write to its folder may have made it",
    remedy:
      "Is it one that a start left in DIR/backups, and yours alone: add --unsealed. Otherwise take one that is sealed.",
  },
  "does-not-open": {
    code: "unprocessable",
    what: "the passphrase is another one, or the file was changed at its beginning",
    remedy: "Give the passphrase that it was sealed with, or take another copy of the file.",
  },
  damaged: {
    code: "unprocessable",
    what: "it was changed or cut off after it was written",
    remedy: "Take another copy of the file, or an older backup.",
  },
  "other-schema": {
    code: "unsupported_version",
    what: "it is of a schema that this program does not know",
    remedy: "Restore it with the version of the program that it names, then start this one on the result.",
  },
  "does-not-fit": {
    code: "unprocessable",
    what: "what it holds does not fit the schema that it names",
    remedy: "Take another backup.",
  },
  "row-not-backed-up": {
    code: "unprocessable",
    what: "a row is larger than a backup can hold",
    remedy: "Back this database up with its own tools (pg_dump), or shorten the row first.",
  },
  "row-too-large-here": {
    code: "unprocessable",
    what: "a row is too large for the embedded database",
    remedy:
      "Restore it into a Postgres, which takes it: let DATABASE_URL name an empty database, then type the same command again. The file is whole.",
  },
  "not-empty": {
    code: "conflict",
    what: "something is there already",
    remedy:
      "Move the whole folder away and restore into a new one, or name another: --data DIR, or an empty database by DATABASE_URL.",
  },
  "two-stores": {
    code: "conflict",
    what: "a restore that was cut off waits to be put here, and something else is here",
    remedy: "Move one of the two away (restored/ is the restore's), then try again.",
  },
  "file-there": {
    code: "conflict",
    what: "a file of that name is there already, and none is written over",
    remedy: "Name another file.",
  },
} as const satisfies Record<string, { code: ErrorCode; what: string; remedy: string }>;

export type BackupFaultCode = keyof typeof BACKUP_FAULTS;

/** A refusal that names file or place, the fault and its remedy; its one detail carries the code. */
export function backupFault(code: BackupFaultCode, where: { path: string; found?: string; cause?: unknown }): AppError {
  const fault = BACKUP_FAULTS[code];
  const found = where.found === undefined ? "" : ` (${where.found})`;
  return new AppError(fault.code, `${where.path}: ${fault.what}${found}.\n${fault.remedy}`, {
    details: [{ path: where.path, code, message: where.found ?? fault.what }],
    ...(where.cause === undefined ? {} : { cause: where.cause }),
  });
}
