import { serveLoad } from "./load-process";

/** Browsers that look at pages again and again, and one that opens the Versions of a program. */
export type PeopleOrder = { baseUrl: string; cookie: string; appId: string; browsers: number; everyMs: number };
export type PeopleResult = { statuses: Record<string, number>; pageMs: number[]; versionsMs: number[] };

serveLoad<PeopleOrder, never, PeopleResult>(async ({ baseUrl, cookie, appId, browsers, everyMs }) => {
  const result: PeopleResult = { statuses: {}, pageMs: [], versionsMs: [] };
  let isStopping = false;
  const look = async (path: string, times: number[]) => {
    const from = performance.now();
    const answer = await fetch(`${baseUrl}${path}`, { headers: { cookie } }).catch(() => null);
    await answer?.arrayBuffer().catch(() => undefined);
    times.push(performance.now() - from);
    const status = String(answer?.status ?? 0);
    result.statuses[status] = (result.statuses[status] ?? 0) + 1;
  };
  const paths = ["overview", "programs", "denials", "devices", `programs/${appId}/telemetry`].map(
    (path) => `/api/console/v1/${path}`,
  );
  const running = Array.from({ length: browsers }, async (_, n) => {
    for (let turn = n; !isStopping; turn += 1) {
      // A page as such now and then, its data most of the time, as browsers do that stay on one page.
      await look(turn % 10 === 0 ? "/" : (paths[turn % paths.length] ?? "/"), result.pageMs);
      await new Promise((resolve) => setTimeout(resolve, everyMs * (0.5 + Math.random())));
    }
  });
  running.push(
    (async () => {
      while (!isStopping) {
        await look(`/api/console/v1/programs/${appId}/versions`, result.versionsMs);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    })(),
  );
  return {
    async finish() {
      isStopping = true;
      await Promise.all(running);
      return result;
    },
  };
});
