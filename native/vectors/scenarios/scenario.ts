import type { Effect } from "../../core/device/effects";
import type { ScenarioStep, Script } from "./script";

type Members = Record<string, unknown>;
type Batch = { batchId: string; programs: { minutes: unknown[] }[]; events: Members[]; discarded: Members[] };

/** One scenario: what happens, and by hand what must have come of it. */
export type ScenarioCase = {
  id: string;
  title: string;
  /** It tells of a refusal or a fault. */
  isFault: boolean;
  make(): Script;
  play(script: Script): void;
  /** Of the summary, what this scenario is about. */
  ends: Members;
};

export type Scenario = { id: string; title: string; isFault: boolean; ends: Members; steps: ScenarioStep[] };

/** Plays a case; raises where what came of it is not what the case says. */
export function playScenario({ id, title, isFault, make, play, ends }: ScenarioCase): Scenario {
  const script = make();
  try {
    play(script);
  } catch (error) {
    throw new Error(`${id}: ${String(error)}`);
  }
  const summary = summarise(script);
  for (const [name, wanted] of Object.entries(ends)) {
    const seen = JSON.stringify(summary[name]);
    if (seen !== JSON.stringify(wanted)) throw new Error(`${id}: ${name} is ${seen}, not ${JSON.stringify(wanted)}`);
  }
  return { id, title, isFault, ends, steps: script.steps };
}

function summarise(script: Script): Members {
  const state = script.state() as {
    trust: {
      platform: { floor: Members } | null;
      programs: Record<string, { floor: Members }>;
      time: { mark: number };
      refusals: string[];
    };
    queue: {
      minutes: { appId: string }[];
      events: Members[];
      sealed: { events: Members[] }[];
      totals: Members;
      discarded: Members;
    };
  };
  script.steps.pop();
  const last = <E extends Effect["e"]>(kind: E) =>
    script.effects.findLast(({ e }) => e === kind) as Members | undefined;
  const all = (kind: Effect["e"]) => script.effects.filter(({ e }) => e === kind) as unknown as Members[];
  const apply = last("apply");
  const narrow = last("narrow");
  const batches = all("send").map(({ batch }) => batch as Batch);
  const events = [...batches, ...state.queue.sealed, { events: state.queue.events }].flatMap((batch) => batch.events);
  const told = [...new Map(events.map((event) => [event.eventId, event])).values()];
  return {
    applied: apply && [
      apply.epoch,
      apply.keyset,
      apply.platform,
      Object.values(apply.programs as Members),
      apply.stale,
    ],
    suspended: narrow?.suspended,
    blockedHosts: narrow?.blockedHosts,
    stopped: (narrow?.stopped as Members[] | undefined)?.map(({ appId, code }) => `${appId} ${code}`),
    refused: told.filter(({ type }) => type === "document_refused").map(({ code }) => code),
    asked: all("fetch").map(({ what, revision, appId }) =>
      [what, revision ?? appId].filter((part) => part !== undefined).join(" "),
    ),
    etags: all("fetch").map(({ etag }) => etag ?? null),
    aborts: all("abort").length,
    listened: all("listen").map(({ programs }) => programs),
    answers: all("answer").map(({ code }) => code),
    rules: all("answer").map(({ rule }) => rule),
    platformFloor: state.trust.platform && [state.trust.platform.floor.epoch, state.trust.platform.floor.revision],
    programFloors: Object.values(state.trust.programs).map(({ floor }) => [floor.epoch, floor.revision]),
    batches: batches.map(({ batchId }) => batchId.slice(0, 8)),
    batchCount: new Set(batches.map(({ batchId }) => batchId)).size,
    sends: batches.length,
    /** Minutes, events and reasons of what was lost, of each batch. */
    sent: batches.map(({ programs, events: told, discarded }) => [
      programs.reduce((sum, { minutes }) => sum + minutes.length, 0),
      told.length,
      discarded.map(({ reason }) => reason),
    ]),
    applications: all("apply").map(({ platform, programs }) => [platform, Object.values(programs as Members)]),
    totals: state.queue.totals,
    discarded: state.queue.discarded,
    waiting: [state.queue.minutes.length, state.queue.events.length, state.queue.sealed.length],
    /** Minutes and events of each program, by its name. */
    waitingOf: waitingOf(state.queue),
    refusals: state.trust.refusals.length,
    mark: state.trust.time.mark,
    cancelled: all("cancel").map(({ timer }) => timer),
    retries: all("timer").flatMap(({ timer, minMs, maxMs }) =>
      String(timer).startsWith("retry") ? [`${timer} ${minMs}-${maxMs}`] : [],
    ),
    timers: all("timer").map(({ timer, minMs, maxMs }) => `${timer} ${minMs}-${maxMs}`),
    lastTimer: last("timer"),
    hangUps: all("hangUp").length,
  };
}

function waitingOf({
  minutes,
  events,
}: {
  minutes: readonly { appId: string }[];
  events: readonly Members[];
}): Members {
  const names = [...minutes, ...events].map(({ appId }) => String(appId ?? ""));
  const of = (items: readonly { appId?: unknown }[], name: string) =>
    items.filter(({ appId = "" }) => appId === name).length;
  return Object.fromEntries([...new Set(names)].sort().map((name) => [name, [of(minutes, name), of(events, name)]]));
}
