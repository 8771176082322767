import { randomBytes } from "node:crypto";
import { type EnrolmentFile, enrolByFile, type SimulatedDevice } from "../../e2e/faults/simulated-device";
import { buildBatch, buildBlocked, buildMinute } from "../../lib/sync/testing/batch-builder";
import { createCaller, revisionIn } from "../publish/light-device";
import { serveLoad } from "./load-process";
import { openStream } from "./open-stream";

/** Devices that hold a stream and apply what they hear of, and devices that report as devices do. */
export type DevicesOrder = {
  baseUrl: string;
  /** What runs on each of them: of every one a version is listed. */
  appIds: readonly string[];
  files: EnrolmentFile[];
  hasStreams: boolean;
  /** Null: they tell only what they applied. */
  reportEverySeconds: number | null;
};

/** Every device has applied this revision of the platform; `told` once the server has answered all of them for it. */
export type DevicesEvent = { step: "applied" | "told"; revision: number; atMs: number };

export type DevicesResult = {
  /** Requests in batches that were answered 200: what must be counted. */
  acknowledged: number;
  /** Requests in batches that were sent and never answered 200: they may be counted or not. */
  unheard: number;
  /** Answers to batches by status; 0 is a connection that broke. */
  statuses: Record<string, number>;
  refusalsWithoutRetryAfter: number;
  batchMs: number[];
  streamOpenMs: number[];
  /** What a batch was answered with at the end. */
  nextIntervalSeconds: number | null;
};

const HOSTS = 20;
const CAUSES = 10;
const EVENTS = 20;
const START_ATTEMPTS = 20;
/** Devices with streams that verify what they hear of; the others read how new it is, so that the server is measured. */
const VERIFYING = 1;

function deviceBatch(device: SimulatedDevice, sequence: number, appIds: readonly string[]) {
  const now = Math.floor(Date.now() / 1000);
  const versions = appIds.map((appId) => ({ appId, versionCode: device.programs.get(appId)?.versions.at(-1)?.code }));
  const listed = versions.flatMap(({ appId, versionCode }) =>
    versionCode === undefined ? [] : { appId, versionCode },
  );
  const hosts = Array.from({ length: HOSTS }, (_, n) => ({
    ...{ host: `api${n}.load.example`, port: 443, purpose: "request", allowed: 3, blocked: n % 2 },
  }));
  const denials = Array.from({ length: CAUSES }, (_, n) => ({
    ...{ cause: n.toString(16).padStart(16, "0"), code: "HOST_NOT_ALLOWED", layer: "host", rule: null, count: 1 },
    ...{ host: `api${n}.load.example`, port: 443, purpose: "request" },
  }));
  const minute = buildMinute(now, {
    requests: HOSTS * 3,
    blocked: CAUSES,
    hosts,
    denials,
    cpuMs: 400,
    bytesIn: 40_000,
  });
  const batch = buildBatch(now, {
    batchId: randomBytes(12).toString("hex"),
    sequence,
    applied: device.applied(),
    programs: listed.map((version) => ({ ...version, minutes: [minute] })),
    events: Array.from({ length: EVENTS }, (_, n) => buildBlocked(now, listed[n % listed.length])),
  });
  return { text: JSON.stringify(batch), requests: HOSTS * 3 * listed.length };
}

serveLoad<DevicesOrder, DevicesEvent, DevicesResult>(async (order, tell) => {
  const { baseUrl, appIds, files } = order;
  const result: DevicesResult = {
    ...{ acknowledged: 0, unheard: 0, statuses: {}, refusalsWithoutRetryAfter: 0, batchMs: [], streamOpenMs: [] },
    nextIntervalSeconds: null,
  };
  const reached = { applied: new Map<number, number>(), told: new Map<number, number>() };
  const count = (step: DevicesEvent["step"], revision: number) => {
    const known = (reached[step].get(revision) ?? 0) + 1;
    reached[step].set(revision, known);
    if (known === files.length) tell({ step, revision, atMs: Date.now() });
  };
  let isStopping = false;
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number, work: () => Promise<void>) => {
    if (isStopping) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      void work();
    }, ms);
    timers.add(timer);
  };

  const underWay = new Set<Promise<number>>();
  /** One batch, as often as it takes; answers in how many seconds the next one is due. */
  async function post(device: SimulatedDevice, text: string, requests: number): Promise<number> {
    const posting = postUntilTaken(device, text, requests);
    underWay.add(posting);
    return await posting.finally(() => underWay.delete(posting));
  }
  async function postUntilTaken(device: SimulatedDevice, text: string, requests: number): Promise<number> {
    for (let attempt = 0; ; attempt += 1) {
      const from = performance.now();
      const headers = { "content-type": "application/json" };
      const answer = await device.call("telemetry", { method: "POST", headers, body: text }).catch(() => null);
      result.batchMs.push(performance.now() - from);
      const status = String(answer?.status ?? 0);
      result.statuses[status] = (result.statuses[status] ?? 0) + 1;
      if (answer?.status === 200) {
        const { nextIntervalSeconds } = (await answer.json()) as { nextIntervalSeconds: number };
        result.acknowledged += requests;
        result.nextIntervalSeconds = nextIntervalSeconds;
        return nextIntervalSeconds;
      }
      await answer?.arrayBuffer();
      const retryAfter = Number(answer?.headers.get("retry-after") ?? "");
      if (answer?.status === 503 && !(retryAfter > 0)) result.refusalsWithoutRetryAfter += 1;
      const least = retryAfter > 0 ? retryAfter * 1000 : 0;
      const wait = least + Math.random() * Math.min(60_000, 1000 * 2 ** attempt);
      await Promise.race([new Promise((resolve) => setTimeout(resolve, wait)), stopped]);
      if (isStopping) {
        result.unheard += requests;
        return 60;
      }
    }
  }

  /** Starting is not what is measured, and is tried again where the server is too busy for it. */
  async function untilAnswered<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (attempt === START_ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1_000 + Math.random() * 1_000));
      }
    }
  }

  async function startDevice(file: EnrolmentFile, index: number): Promise<void> {
    const device = await untilAnswered(() => enrolByFile(() => baseUrl, file, { appIds: [...appIds] }));
    let sequence = 0;
    let isPulling = false;
    let isHeard = false;
    const ask = createCaller(Number(new URL(baseUrl).port));
    /** Fetches what it heard of, and answers what it has then; null where the server is too busy for it. */
    const fetchHeard = async () => {
      if (index < VERIFYING) return (await device.pull()) ? device.applied() : null;
      const token = (await device.authorization()).slice("Bearer ".length);
      const programs = { ...device.applied().programs };
      for (const appId of appIds) programs[appId] = revisionIn(await ask(`/api/runtime/v1/programs/${appId}`, token));
      return { ...device.applied(), programs, platform: revisionIn(await ask("/api/runtime/v1/platform", token)) };
    };
    const apply = async () => {
      do {
        isHeard = false;
        // A server that is too busy now is asked again, as a device does.
        let applied = await fetchHeard().catch(() => null);
        while (applied === null) {
          if (isStopping) return;
          await new Promise((resolve) => setTimeout(resolve, 500 + Math.random() * 500));
          applied = await fetchHeard().catch(() => null);
        }
        const { platform: revision } = applied;
        count("applied", revision);
        sequence += 1;
        const batch = buildBatch(Math.floor(Date.now() / 1000), { sequence, applied });
        await post(device, JSON.stringify(batch), 0);
        count("told", revision);
      } while (isHeard);
    };
    const hear = () => {
      isHeard = true;
      if (isPulling) return;
      isPulling = true;
      void apply().finally(() => {
        isPulling = false;
      });
    };
    await untilAnswered(() => device.pull());
    if (order.hasStreams) result.streamOpenMs.push(await untilAnswered(() => openStream(baseUrl, device, hear)));
    const { reportEverySeconds } = order;
    if (reportEverySeconds === null) return;
    const report = async () => {
      sequence += 1;
      const { text, requests } = deviceBatch(device, sequence, appIds);
      const seconds = await post(device, text, requests);
      later(seconds * 1000 * (0.9 + Math.random() * 0.2), report);
    };
    later((reportEverySeconds * 1000 * index) / files.length, report);
  }

  for (let next = 0; next < files.length; next += 10) {
    const part = files.slice(next, next + 10);
    await Promise.all(part.map((file, offset) => startDevice(file, next + offset)));
  }
  return {
    async finish() {
      isStopping = true;
      stop();
      for (const timer of timers) clearTimeout(timer);
      // What is being answered now is counted on both sides; what would be sent again is not.
      await Promise.all(underWay);
      return result;
    },
  };
});
