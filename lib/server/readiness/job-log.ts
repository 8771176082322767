import type { Readiness } from "@/lib/contracts/readiness";
import type { JobName } from "@/lib/domain/readiness-names";

type Job = { turns: number; failures: number; lastMs: number | null; longestMs: number | null; sinceMs: number | null };

/** How long the jobs of a process take, turn by turn, since it started. */
export type JobLog = {
  /** Runs one turn of a job; answers and raises what it does. */
  run<T>(name: JobName, turn: () => Promise<T>): Promise<T>;
  figures(): Readiness["jobs"];
};

export function createJobLog(uptimeMs: () => number = () => performance.now()): JobLog {
  const jobs = new Map<JobName, Job>();
  return {
    async run(name, turn) {
      const job = jobs.get(name) ?? { turns: 0, failures: 0, lastMs: null, longestMs: null, sinceMs: null };
      jobs.set(name, job);
      const startedMs = uptimeMs();
      job.sinceMs = startedMs;
      try {
        return await turn();
      } catch (error) {
        job.failures += 1;
        throw error;
      } finally {
        job.turns += 1;
        job.sinceMs = null;
        job.lastMs = Math.round(uptimeMs() - startedMs);
        job.longestMs = Math.max(job.longestMs ?? 0, job.lastMs);
      }
    },
    figures: () =>
      [...jobs].map(([name, { sinceMs, ...job }]) => {
        return { name, ...job, runningMs: sinceMs === null ? null : Math.round(uptimeMs() - sinceMs) };
      }),
  };
}
