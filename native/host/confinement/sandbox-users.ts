import { createServer } from "node:net";
import { systemProc } from "./process-tree";

/** Ids that belong to nobody: between the ranges that systemd and Debian hand out. */
export const SANDBOX_USERS = { first: 60_600, last: 61_183 } as const;

export type SandboxUser = { id: number; release(): void };

/** Whether this process may become the user: it is root, and the id is one in its user namespace. */
export function mayBecome(id: number, uidMap: string | undefined = systemProc.read("/proc/self/uid_map")): boolean {
  if (process.getuid?.() !== 0 || uidMap === undefined) return false;
  return uidMap.split("\n").some((line) => {
    const [first = Number.NaN, , count = 0] = line.trim().split(/\s+/).map(Number);
    return id >= first && id < first + count;
  });
}

/** A name that one process of the machine can hold, and that its end gives back, however it ends. */
function holdName(id: number): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.unref();
    server.once("error", () => resolve(undefined));
    server.listen({ path: `\0bulkhead-user:${id}` }, () => resolve(() => void server.close()));
  });
}

let next: number = SANDBOX_USERS.first;

/**
 * A user for one sandbox, until it is released: no other sandbox of this machine has it, whichever host started it. No
 * user where the host can't hand any out; refused where it could and all are taken, since then it would run as root.
 */
export async function takeSandboxUser(): Promise<{ user: SandboxUser | undefined } | { refused: string }> {
  if (!mayBecome(SANDBOX_USERS.first) || !mayBecome(SANDBOX_USERS.last)) return { user: undefined };
  const count = SANDBOX_USERS.last - SANDBOX_USERS.first + 1;
  for (let attempt = 0; attempt < count; attempt += 1) {
    const id = next;
    next = id === SANDBOX_USERS.last ? SANDBOX_USERS.first : id + 1;
    const release = await holdName(id);
    if (release !== undefined) return { user: { id, release } };
  }
  return { refused: "no user is left for another program" };
}
