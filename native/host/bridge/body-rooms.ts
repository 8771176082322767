/** Room for large answers of one program: whoever waits for it is served in order, and no one has more than the rest left. */
export type BodyRooms = {
  /** Resolves to what gives the room back, to be called once. Rejects where the signal fires before. */
  take(signal: AbortSignal): Promise<() => void>;
};

/** Answers of up to the greatest size that one program may have in the host's memory at once. */
export const BODY_ROOMS = 1;

export function createBodyRooms(rooms = BODY_ROOMS): BodyRooms {
  const waiting = new Set<() => void>();
  let free = rooms;

  const giveBack = (): void => {
    const [next] = waiting;
    if (next === undefined) free += 1;
    else next();
  };
  return {
    take: (signal) =>
      new Promise((resolve, reject) => {
        const take = (): void => {
          waiting.delete(take);
          signal.removeEventListener("abort", onAbort);
          resolve(giveBack);
        };
        const onAbort = (): void => {
          waiting.delete(take);
          reject(signal.reason);
        };
        if (signal.aborted) reject(signal.reason);
        else if (free > 0) {
          free -= 1;
          resolve(giveBack);
        } else {
          waiting.add(take);
          signal.addEventListener("abort", onAbort, { once: true });
        }
      }),
  };
}
