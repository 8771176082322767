import type { MessagePort } from "node:worker_threads";

/** One message between threads: one thing that is said, or several in the order in which they were. */
export type Posted<Said> = Said | readonly Said[];

/** What a message says. */
export function eachOf<Said extends object>(posted: Posted<Said>): readonly Said[] {
  // Safe: nothing that is said is a list.
  return Array.isArray(posted) ? (posted as readonly Said[]) : [posted as Said];
}

/**
 * Says things to another thread, and those of one moment in one message: waking it costs more than most of what is said.
 * `later` is called once for each moment, with what sends it. What cannot cross is told to `refused`, and keeps nothing
 * else back.
 */
export function createOutbox<Said extends object>(
  port: Pick<MessagePort, "postMessage">,
  later: (send: () => void) => void,
  refused: (said: Said, error: unknown) => void,
): (said: Said, transfer?: readonly ArrayBuffer[]) => void {
  let waiting: { said: Said; transfer: readonly ArrayBuffer[] }[] = [];

  type Waiting = (typeof waiting)[number];

  function isSentWhole(all: readonly Waiting[]): boolean {
    const said = all.map((one) => one.said);
    try {
      const transfer = all.flatMap((one) => one.transfer);
      port.postMessage(said, transfer);
      return true;
    } catch {
      // One of them cannot cross: each is tried alone, and that one is refused.
      return false;
    }
  }

  function sendOne({ said, transfer }: Waiting): void {
    try {
      port.postMessage(said, transfer);
    } catch (error) {
      refused(said, error);
    }
  }

  function send(): void {
    const all = waiting;
    waiting = [];
    if (all.length > 1 && isSentWhole(all)) return;
    for (const one of all) sendOne(one);
  }

  return (said, transfer = []) => {
    waiting.push({ said, transfer });
    if (waiting.length === 1) later(send);
  };
}
