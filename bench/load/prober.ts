import { serveLoad } from "./load-process";

/** Asks `/api/health` ten times a second, each whether or not the one before was answered. */
export type ProberOrder = { baseUrl: string };
export type ProberResult = { healthMs: number[]; failed: number };

const EVERY_MS = 100;

serveLoad<ProberOrder, never, ProberResult>(async ({ baseUrl }) => {
  const result: ProberResult = { healthMs: [], failed: 0 };
  const open = new Set<Promise<void>>();
  const ask = async () => {
    const from = performance.now();
    const answer = await fetch(`${baseUrl}/api/health`, { signal: AbortSignal.timeout(30_000) }).catch(() => null);
    await answer?.arrayBuffer().catch(() => undefined);
    result.healthMs.push(performance.now() - from);
    if (answer?.status !== 200) result.failed += 1;
  };
  const timer = setInterval(() => {
    const asked: Promise<void> = ask().finally(() => open.delete(asked));
    open.add(asked);
  }, EVERY_MS);
  return {
    async finish() {
      clearInterval(timer);
      await Promise.all(open);
      return result;
    },
  };
});
