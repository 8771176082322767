import { createServer } from "node:net";
import { systemProc } from "./process-tree";

/** Ids that belong to nobody: between the ranges that systemd and Debian hand out. */
export const SANDBOX_USERS = { first: 60_600, last: 61_183 } as const;

export type SandboxUser = { id: number; release(): void };

/** What it takes to become another user, and to end what runs as one (`capabilities(7)`: kill, setgid, setuid). */
const CAPABILITIES = (1n << 5n) | (1n << 6n) | (1n << 7n);

function hasCapabilities(status: string | undefined): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status ?? "")?.[1];
  return effective !== undefined && (BigInt(`0x${effective}`) & CAPABILITIES) === CAPABILITIES;
}

/**
 * Whether this process may become the user and end what it started as it: it is root with the rights for both, and the id is one
 * in its user namespace.
 */
export function mayBecome(
  id: number,
  uidMap: string | undefined = systemProc.read("/proc/self/uid_map"),
  status: string | undefined = systemProc.read("/proc/self/status"),
): boolean {
  if (process.getuid?.() !== 0 || uidMap === undefined || !hasCapabilities(status)) return false;
  return uidMap.split("\n").some((line) => {
    const [first = Number.NaN, , count = 0] = line.trim().split(/\s+/).map(Number);
    return id >= first && id < first + count;
  });
}

/** A name that one process of the machine can hold, and that its end gives back, however it ends. */
function holdName(name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.unref();
    server.once("error", () => resolve(undefined));
    server.listen({ path: `\0${name}` }, () => resolve(() => void server.close()));
  });
}

export type TakeSandboxUser = () => Promise<{ user: SandboxUser | undefined } | { refused: string }>;

/**
 * Hands out users for one sandbox each, until they are released: no other sandbox of this machine has the same, whichever
 * host started it. No user where the host can't hand any out; refused where it could and all are taken, since then a
 * program would run as root. Hosts that share a `name` share the users.
 */
export function createSandboxUsers({ first, last }: { first: number; last: number }, name: string): TakeSandboxUser {
  let next = first;
  return async () => {
    if (!mayBecome(first) || !mayBecome(last)) return { user: undefined };
    for (let attempt = first; attempt <= last; attempt += 1) {
      const id = next;
      next = id === last ? first : id + 1;
      const release = await holdName(`${name}:${id}`);
      if (release !== undefined) return { user: { id, release } };
    }
    return { refused: "no user is left for another program" };
  };
}

/** Of this machine's one range. */
export const takeSandboxUser = createSandboxUsers(SANDBOX_USERS, "bulkhead-user");
