import { STREAM_PATH } from "@/lib/contracts/stream";
import type { QueueName } from "@/lib/domain/readiness-names";
import { createTurnQueue, type TurnQueue, type TurnQueueBounds, type TurnQueuePorts } from "./turn-queue";

const KIB = 1024;
const MIB = 1024 * KIB;
/** What a decision sends is far smaller; what is larger, or does not say how large it is, arrives where forms do. */
const DECISION_BYTES_MAX = 64 * KIB;
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
  // Bodies that arrive. What a decision sends has places of its own, of which a person has few, so that nobody keeps others
  // from stopping a program by sending slowly; all that may wait have room.
  "decision-bodies": {
    ...{ bytesMax: (64 + 128) * DECISION_BYTES_MAX, waitMsMax: 20_000 },
    ...{ runningMax: 64, runningOfOneMax: 2, waitingMax: 128, waitingOfOneMax: 32 },
  },
  // Strangers' have places of their own, of which an address has few: nobody keeps others from signing in.
  bodies: {
    ...{ bytesMax: 64 * MIB, bytesOfOneMax: 2 * MIB, waitMsMax: 5_000 },
    ...{ runningMax: 256, runningOfOneMax: 4, waitingMax: 256, waitingOfOneMax: 16 },
  },
  "known-bodies": {
    // Room for all that may wait: of those nothing is read yet.
    ...{ bytesMax: (64 + 128) * MIB, bytesOfOneMax: 8 * MIB, waitMsMax: 20_000 },
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
    "decision-bodies": queue("decision-bodies"),
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

/** Where the body of a request arrives that then waits in `queue`, by how many bytes it may come to. */
export function bodyQueueOf(queue: ConsoleQueueName, bytes: number, isKnown: boolean) {
  if (queue === "decisions" && bytes <= DECISION_BYTES_MAX) return "decision-bodies";
  return isKnown ? "known-bodies" : "bodies";
}
