import { z } from "zod";
import type { CallUsage, UsageSnapshot } from "../bridge/call-usage";
import { readValue, type StorageFolder } from "../storage/storage-folder";

const FILE_NAME = "usage.json";
const snapshotShape = z.record(z.string(), z.array(z.tuple([z.int().min(0), z.int().min(1)])).max(2_000));

/** The counted calls of a day, beside the storage of the program and user that made them. */
export async function loadUsage(folder: StorageFolder): Promise<UsageSnapshot> {
  const content = await readValue(await folder.open(FILE_NAME));
  if (content === undefined) return {};
  const parsed = snapshotShape.safeParse(readJson(content));
  // what can't be read is counted anew: the file is written whole, so only another's hand breaks it
  return parsed.success ? parsed.data : {};
}

/** Answers what saves, which writes only what has changed since it last did: a program that rests costs the disk nothing. */
export function createUsageSaver(folder: StorageFolder, usage: CallUsage): () => Promise<void> {
  let saved = JSON.stringify(usage.snapshot());
  return async () => {
    const text = JSON.stringify(usage.snapshot());
    if (text === saved) return;
    await folder.replace(FILE_NAME, new TextEncoder().encode(text));
    saved = text;
  };
}

function readJson(content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(content));
  } catch {
    return undefined;
  }
}
