import type { QueueName } from "@/lib/contracts/readiness";
import { STREAM_PATH } from "@/lib/contracts/stream";
import { createTurnQueue, type TurnQueue, type TurnQueueBounds, type TurnQueuePorts } from "./turn-queue";

const MIB = 1024 * 1024;
const HELD = { bytesMax: 64 * MIB, waitMsMax: 20_000 } as const;

/**
 * How much is asked of the console's thread at once. Decisions have places of their own, which no page and nobody who is
 * not signed in takes from them; so do forms, since the page that one leads to is asked for while its turn goes on.
 */
const BOUNDS = {
  decisions: { ...HELD, runningMax: 16, runningOfOneMax: 8, waitingMax: 64, waitingOfOneMax: 32 },
  "sign-in": { ...HELD, runningMax: 8, runningOfOneMax: 4, waitingMax: 64, waitingOfOneMax: 16 },
  pages: { ...HELD, runningMax: 16, runningOfOneMax: 8, waitingMax: 128, waitingOfOneMax: 48 },
  assets: { ...HELD, runningMax: 32, runningOfOneMax: 16, waitingMax: 512, waitingOfOneMax: 128 },
  "console-streams": { ...HELD, runningMax: 512, runningOfOneMax: 128, waitingMax: 0, waitingOfOneMax: 0 },
  // Bodies that arrive. Strangers' have places of their own, of which an address has few: nobody keeps others from signing in.
  bodies: {
    ...{ bytesMax: 64 * MIB, bytesOfOneMax: 2 * MIB, waitMsMax: 5_000 },
    ...{ runningMax: 256, runningOfOneMax: 4, waitingMax: 256, waitingOfOneMax: 16 },
  },
  "known-bodies": {
    ...{ bytesMax: 64 * MIB, bytesOfOneMax: 8 * MIB, waitMsMax: 20_000 },
    ...{ runningMax: 64, runningOfOneMax: 8, waitingMax: 128, waitingOfOneMax: 32 },
  },
} as const satisfies Partial<Record<QueueName, TurnQueueBounds>>;
export type ConsoleQueueName = keyof typeof BOUNDS;
export type ConsoleQueues = Readonly<Record<ConsoleQueueName, TurnQueue>>;

export function createConsoleQueues(ports: TurnQueuePorts): ConsoleQueues {
  const queue = (name: ConsoleQueueName) => createTurnQueue(name, BOUNDS[name], ports);
  return {
    decisions: queue("decisions"),
    "sign-in": queue("sign-in"),
    pages: queue("pages"),
    assets: queue("assets"),
    "console-streams": queue("console-streams"),
    bodies: queue("bodies"),
    "known-bodies": queue("known-bodies"),
  };
}

const isRead = (method: string) => method === "GET" || method === "HEAD";
const FORMS = /^\/(api\/auth|sign-in|link|set-up)(\/|$)/;

/** Which queue a request for the console waits in. */
export function consoleQueueOf(method: string, path: string, isKnown: boolean): ConsoleQueueName {
  if (path.startsWith("/_next/")) return "assets";
  if (path === STREAM_PATH) return "console-streams";
  if (FORMS.test(path)) return "sign-in";
  if (isRead(method)) return "pages";
  // Whoever makes a session up is refused soon enough, but not in the decisions' places.
  return path.startsWith("/api/console/") && isKnown ? "decisions" : "sign-in";
}
