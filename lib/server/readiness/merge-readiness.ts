import { CHECK_STATES, type Readiness } from "@/lib/contracts/readiness";
import { CHECK_NAMES } from "@/lib/domain/readiness-names";

const rank = (state: Readiness["state"]) => CHECK_STATES.indexOf(state);

/** What two threads of one process found: each check as the worse of the two, the figures of both, as old as the older. */
export function mergeReadiness(one: Readiness, other: Readiness): Readiness {
  const checks = CHECK_NAMES.flatMap((name) => {
    const found = [...one.checks, ...other.checks].filter((check) => check.name === name);
    return found.sort((a, b) => rank(b.state) - rank(a.state)).slice(0, 1);
  });
  const store = one.store ?? other.store;
  return {
    ...(store === undefined ? {} : { store }),
    state: rank(one.state) > rank(other.state) ? one.state : other.state,
    at: [one.at, other.at].sort()[0] ?? one.at,
    checks,
    jobs: [...one.jobs, ...other.jobs],
    threads: [...one.threads, ...other.threads],
    queues: [...one.queues, ...other.queues],
  };
}
