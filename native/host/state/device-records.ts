import { join } from "node:path";
import type { z } from "zod";
import { type Trust, trustShape } from "../../core/device/state";
import type { HostLog } from "../ports";
import type { DurableFiles } from "./durable-files";
import { type Enrolment, enrolmentShape } from "./enrolment";
import { createTwoCopies, type TwoCopies } from "./two-copies";
import { formerRecordShape, upgradeRecord } from "./upgrade-record";

/** Enrolment and trust in the folder `state`, each in two copies. */
export type DeviceRecords = {
  readonly enrolment: Enrolment | undefined;
  /** As the last start left it; never without an enrolment. */
  readonly trust: Trust | undefined;
  /** On the disk, in the first copy, when it resolves. */
  writeEnrolment(enrolment: Enrolment): Promise<void>;
  writeTrust(text: string): Promise<void>;
  /** Brings second copies up to the first, and then removes what a folder of the first form has beside them. */
  mirror(): Promise<void>;
};

/**
 * Reads what the last start left. Records that nobody can read are told and set aside under another name, all of them:
 * an enrolment without the floors that belong to it would let in what was refused, and the device is not enrolled.
 */
export async function openDeviceRecords(options: {
  files: DurableFiles;
  directory: string;
  log: HostLog;
}): Promise<DeviceRecords> {
  const { files, directory, log } = options;
  const documents = join(directory, "documents");
  const copies = {
    enrolment: createTwoCopies(files, join(directory, "enrolment")),
    trust: createTwoCopies(files, join(directory, "trust")),
  };
  let hasDocuments = (await files.list(documents)).length > 0;
  /** The trust on the disk is of the first form. */
  let isFormer = false;
  /** The enrolment is on the disk in a record of the first form alone. */
  let isOwed = false;
  const found = await readAll();
  let enrolment = found?.enrolment;

  async function readAll(): Promise<{ enrolment: Enrolment; trust?: Trust } | undefined> {
    const storedTrust = await readJson("trust", copies.trust, log);
    const storedEnrolment = await readJson("enrolment", copies.enrolment, log);
    const ownEnrolment = parseStored("enrolment", enrolmentShape, storedEnrolment, log);
    const former = formerRecordShape.safeParse(storedTrust.value);
    if (former.success) {
      isFormer = true;
      isOwed = ownEnrolment === undefined;
      const trust = await upgradeRecord(former.data, { files, documents, log });
      return { enrolment: ownEnrolment ?? former.data.enrolment, trust };
    }
    const trust = parseStored("trust", trustShape, storedTrust, log);
    if (ownEnrolment && trust) return { enrolment: ownEnrolment, trust };
    // The trust is stored before the platform has answered: one that is gone afterwards took its floors with it.
    if (ownEnrolment?.deviceId === null && !storedTrust.isThere) return { enrolment: ownEnrolment };
    if (storedEnrolment.isThere || storedTrust.isThere) await setAside();
    return undefined;
  }

  /** The enrolment first: cut off in between, what is left is still no whole pair, and is set aside at the next start. */
  async function setAside(): Promise<void> {
    const names = await files.list(directory);
    const number = 1 + Math.max(0, ...names.map((name) => Number(/\.unreadable-(\d{1,9})$/.exec(name)?.[1] ?? 0)));
    for (const name of ["enrolment.a", "enrolment.b", "trust.a", "trust.b"]) {
      if (!names.includes(name)) continue;
      await files.rename(join(directory, name), join(directory, `${name}.unreadable-${number}`));
      await files.syncDirectory(directory);
    }
    log("error", "state_set_aside", { number });
  }

  async function writeEnrolment(next: Enrolment): Promise<void> {
    await copies.enrolment.write(Buffer.from(JSON.stringify(next), "utf8"));
    enrolment = next;
    isOwed = false;
  }

  return {
    get enrolment() {
      return enrolment;
    },
    trust: found?.trust,
    writeEnrolment,
    async writeTrust(text) {
      // Where a record of the first form has it, it must be on the disk before that record goes.
      if (isOwed && enrolment) await writeEnrolment(enrolment);
      await copies.trust.write(Buffer.from(text, "utf8"));
      isFormer = false;
    },
    async mirror() {
      await copies.enrolment.mirror();
      if (isFormer) return;
      await copies.trust.mirror();
      if (!hasDocuments) return;
      for (const name of await files.list(documents)) await files.remove(join(documents, name));
      hasDocuments = false;
    },
  };
}

type Stored = { isThere: boolean; value?: unknown };

async function readJson(file: string, copies: TwoCopies, log: HostLog): Promise<Stored> {
  const { bytes, damaged } = await copies.read();
  if (damaged > 0) log("error", "state_copy_damaged", { file, copies: damaged });
  if (!bytes) return { isThere: damaged > 0 };
  try {
    return { isThere: true, value: JSON.parse(Buffer.from(bytes).toString("utf8")) };
  } catch {
    // Told as unreadable, as every value is that has not the record's shape.
    return { isThere: true };
  }
}

function parseStored<T>(file: string, shape: z.ZodType<T>, stored: Stored, log: HostLog): T | undefined {
  const parsed = shape.safeParse(stored.value);
  if (stored.isThere && !parsed.success) log("error", "state_unreadable", { file });
  return parsed.success ? parsed.data : undefined;
}
