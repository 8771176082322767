import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER =
  process.env.BULKHEAD_OUTSIDE_VECTORS ?? fileURLToPath(new URL("../../../../shared/vectors/", import.meta.url));

/**
 * Folder of another project's test data, which is no part of this one: beside the checkout, or where
 * BULKHEAD_OUTSIDE_VECTORS says. Where it is missing that is said aloud and its tests are skipped, never passed.
 */
export function findOutsideVectors(project: string): { folder: string; isPresent: boolean } {
  const folder = `${FOLDER.replace(/\/$/, "")}/${project}`;
  const isPresent = existsSync(folder);
  if (!isPresent) process.stderr.write(`skipped: not present: test data of ${project}\n`);
  return { folder, isPresent };
}
