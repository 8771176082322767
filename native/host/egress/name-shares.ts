import type { ResolveName } from "./resolve-name";

/** Names that one program may have asked for at once; what is more waits its turn behind its own. */
export const NAMES_AT_ONCE = 8;

export type NameShares = {
  /** The resolver as one program may use it. */
  of(appId: string): ResolveName;
};

type Share = { asking: number; waiting: Set<() => void> };

/** Gives each program a share of the resolver of its own, so that names that nobody answers hold nobody else up. */
export function createNameShares(resolve: ResolveName, atOnce = NAMES_AT_ONCE): NameShares {
  const shares = new Map<string, Share>();

  async function takeTurn(share: Share, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (share.asking < atOnce) {
      share.asking += 1;
      return;
    }
    await new Promise<void>((begin, giveUp) => {
      const onAbort = (): void => {
        share.waiting.delete(onTurn);
        giveUp(signal.reason);
      };
      // whoever ends hands its place on, so `asking` stays as it is
      const onTurn = (): void => {
        share.waiting.delete(onTurn);
        signal.removeEventListener("abort", onAbort);
        begin();
      };
      share.waiting.add(onTurn);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }
  function giveTurnBack(appId: string, share: Share): void {
    const [next] = share.waiting;
    if (next === undefined) share.asking -= 1;
    else next();
    if (share.asking === 0) shares.delete(appId);
  }

  return {
    of: (appId) => async (name, signal) => {
      const share = shares.get(appId) ?? { asking: 0, waiting: new Set() };
      shares.set(appId, share);
      await takeTurn(share, signal);
      try {
        return await resolve(name, signal);
      } finally {
        giveTurnBack(appId, share);
      }
    },
  };
}
