/** Time and chance, passed in. `nowMs` never goes back; `nextTurn` lets everything else of the event loop go first. */
export type DeliveryPorts = {
  random(): number;
  nowMs(): number;
  nextTurn(run: () => void): void;
  after(ms: number, run: () => void): void;
};

export const systemDelivery: DeliveryPorts = {
  random: Math.random,
  nowMs: () => performance.now(),
  nextTurn: (run) => void setImmediate(run),
  after: (ms, run) => void setTimeout(run, ms).unref(),
};

/** Writes to thousands of streams without holding the event loop. */
export type Deliveries<Target> = {
  /** Serves each of them as soon as it can be, before everything that is spread. */
  now(targets: readonly Target[], deliver: (target: Target) => void): void;
  /** Serves them in an order of chance, evenly over so many milliseconds. */
  spread(windowMs: number, targets: readonly Target[], deliver: (target: Target) => void): void;
  /** Serves nobody any more. */
  close(): void;
};

/** So many are served before the event loop gets its turn. */
const SLICE = 200;
const TICK_MS = 20;

type Job<Target> = { targets: readonly Target[]; served: number; deliver: (target: Target) => void };
type SpreadJob<Target> = Job<Target> & { startedAtMs: number; windowMs: number };

export function createDeliveries<Target>({ random, nowMs, nextTurn, after }: DeliveryPorts): Deliveries<Target> {
  const urgent: Job<Target>[] = [];
  let waiting: SpreadJob<Target>[] = [];
  let isClosed = false;

  /** Serves up to this many of the job's targets, and answers how many it served. */
  function serve(job: Job<Target>, upTo: number, atMost: number): number {
    const end = Math.min(upTo, job.served + atMost);
    const from = job.served;
    job.served = Math.max(from, end);
    for (const target of job.targets.slice(from, end)) job.deliver(target);
    return job.served - from;
  }

  function serveUrgent(): void {
    const [job] = urgent;
    if (job === undefined || isClosed) return;
    serve(job, job.targets.length, SLICE);
    if (job.served === job.targets.length) urgent.shift();
    if (urgent.length > 0) nextTurn(serveUrgent);
  }

  function tick(): void {
    if (isClosed) return;
    let left = urgent.length > 0 ? 0 : SLICE;
    for (const job of waiting) {
      const { startedAtMs, windowMs, targets } = job;
      const share = windowMs <= 0 ? 1 : Math.min(1, (nowMs() - startedAtMs) / windowMs);
      left -= serve(job, Math.floor(targets.length * share), left);
    }
    waiting = waiting.filter(({ served, targets }) => served < targets.length);
    if (waiting.length > 0) after(TICK_MS, tick);
  }

  return {
    now(targets, deliver) {
      if (targets.length === 0) return;
      urgent.push({ targets, served: 0, deliver });
      // Whoever is before it has a turn coming.
      if (urgent.length === 1) serveUrgent();
    },
    spread(windowMs, targets, deliver) {
      if (targets.length === 0) return;
      const job = { targets: shuffled(targets, random), served: 0, deliver, startedAtMs: nowMs(), windowMs };
      waiting.push(job);
      if (waiting.length === 1) after(Math.min(TICK_MS, windowMs), tick);
    },
    close() {
      isClosed = true;
    },
  };
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const copy = [...list];
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const [a, b] = [copy[last] as T, copy[other] as T];
    copy[last] = b;
    copy[other] = a;
  }
  return copy;
}
