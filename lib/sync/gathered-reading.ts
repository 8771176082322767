/** Least time between the starts of two readings: a publish brings every device's request within a moment. */
const GAP_MS = 8;

type Gathered<Answer> = { resolve(answer: Answer): void; reject(error: unknown): void };

/**
 * Answers what is asked within a moment by one reading, which begins after all of it was asked: whoever asks is answered
 * by what stood then or later. `keys` are those that were named, each once; a question may name none.
 */
export function gatherReadings<Answer>(
  read: (keys: readonly string[]) => Promise<Answer>,
): (named: readonly string[]) => Promise<Answer> {
  let keys = new Set<string>();
  let waiting: Gathered<Answer>[] = [];
  let startedAt = Number.NEGATIVE_INFINITY;

  async function readAll(): Promise<void> {
    startedAt = performance.now();
    const askers = waiting;
    const asked = [...keys];
    waiting = [];
    keys = new Set();
    try {
      const answer = await read(asked);
      for (const asker of askers) asker.resolve(answer);
    } catch (error) {
      for (const asker of askers) asker.reject(error);
    }
  }

  return (named) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) {
        const waitMs = startedAt + GAP_MS - performance.now();
        if (waitMs <= 0) setImmediate(readAll);
        else setTimeout(readAll, waitMs);
      }
      for (const key of named) keys.add(key);
      waiting.push({ resolve, reject });
    });
}
