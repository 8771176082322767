import { closeSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { isAppError } from "@/lib/platform/errors";
import { acquireLock } from "../lock/acquire-lock";

/**
 * `lock-contender FOLDER TIMES die|leave`: takes the lock TIMES times, prints `held` or `refused`, and `not alone` when
 * somebody else was inside. With `die` it kills itself while it holds the lock for the last time.
 */
const [folder = "", times = "1", end] = process.argv.slice(2);
const inside = join(folder, "..", "inside");

async function enter(isLast: boolean): Promise<boolean> {
  let lock: Awaited<ReturnType<typeof acquireLock>>;
  try {
    lock = await acquireLock(folder);
  } catch (error) {
    if (!isAppError(error)) throw error;
    process.stdout.write("refused\n");
    return false;
  }
  try {
    closeSync(openSync(inside, "wx"));
  } catch {
    process.stdout.write("not alone\n");
  }
  for (let n = 0; n < 20; n += 1) await setImmediate();
  rmSync(inside, { force: true });
  process.stdout.write("held\n");
  if (isLast && end === "die") process.kill(process.pid, "SIGKILL");
  await lock.release();
  return true;
}

let held = 0;
while (held < Number(times)) {
  if (await enter(held === Number(times) - 1)) held += 1;
}
