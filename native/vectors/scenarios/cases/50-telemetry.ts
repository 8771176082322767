import { APP, type Kit, offer, offerProgram, restart } from "../kit";
import type { ScenarioCase } from "../scenario";
import { bodyOf, type Script } from "../script";

type Rest = Omit<ScenarioCase, "id" | "title" | "isFault">;
const OK = { accepted: 0, rejected: [], nextIntervalSeconds: 60, sampling: 100 };

/** What happened is told once, or its loss is counted: produced = acknowledged + rejected + discarded + still queued. */
export function telemetryCases(kit: Kit): ScenarioCase[] {
  const { synced, platform, program } = kit;
  const fault = (id: string, title: string, rest: Rest): ScenarioCase => ({
    id: `telemetry-${id}`,
    title,
    isFault: true,
    ...rest,
  });
  const good = (id: string, title: string, rest: Rest): ScenarioCase => ({
    id: `telemetry-${id}`,
    title,
    isFault: false,
    ...rest,
  });
  /** At rest, and its batches wait for whoever answers them. */
  const open = () => {
    const script = synced();
    script.server.silent = ["telemetry"];
    return script;
  };
  const count = (script: Script, requests = 1) =>
    script.step("count", { appId: APP, versionCode: 12, increment: { requests } });
  const denied = (script: Script) =>
    script.step("event", {
      event: { type: "denied_api", appId: APP, versionCode: 12, code: "PERMISSION_DENIED", api: "camera.capture" },
    });
  const upload = (script: Script) => {
    script.pass(60);
    script.ring("upload");
    script.settle();
  };
  const reply = (script: Script, members: Record<string, unknown>) => {
    script.step("answered", { send: script.takeOpen("send").send, ...members });
    script.settle();
  };
  const answer = (script: Script, more: Record<string, unknown> = {}) =>
    reply(script, bodyOf(JSON.stringify({ ...OK, ...more })));

  return [
    good("001", "a batch goes out at once after documents were applied, empty if need be", {
      make: open,
      play: (script) => {
        offer(script, platform(41), { revision: 41 });
        script.settle();
      },
      ends: { sends: 4, totals: { produced: 0, acknowledged: 0, rejected: 0, discarded: 0 } },
    }),
    good("002", "what was counted in a minute is one entry", {
      make: open,
      play: (script) => {
        count(script);
        count(script, 4);
        upload(script);
        answer(script);
      },
      ends: { totals: { produced: 1, acknowledged: 1, rejected: 0, discarded: 0 } },
    }),
    fault("003", "an answer that is lost: the same batch goes out again", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        reply(script, { failed: "timeout" });
        script.pass(1);
        script.ring("upload");
        script.settle();
        answer(script);
      },
      ends: { sends: 5, batchCount: 4, totals: { produced: 1, acknowledged: 1, rejected: 0, discarded: 0 } },
    }),
    fault("004", "a restart before the answer: the same batch goes out again, by its old id", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        restart(script);
        script.settle();
        answer(script);
      },
      ends: { sends: 6, batchCount: 5, totals: { produced: 1, acknowledged: 1, rejected: 0, discarded: 0 } },
    }),
    fault("005", "an answer that comes twice counts once", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        const { send } = script.takeOpen("send");
        for (let times = 0; times < 3; times += 1) script.step("answered", { send, ...bodyOf(JSON.stringify(OK)) });
      },
      ends: { totals: { produced: 1, acknowledged: 1, rejected: 0, discarded: 0 } },
    }),
    fault("006", "what the server rejects is counted as that, and never sent again", {
      make: open,
      play: (script) => {
        count(script);
        denied(script);
        upload(script);
        answer(script, { rejected: [{ id: "x", code: "malformed" }] });
      },
      ends: { totals: { produced: 2, acknowledged: 1, rejected: 1, discarded: 0 } },
    }),
    fault("007", "a batch that is too large is split, and both halves are told", {
      make: open,
      play: (script) => {
        count(script);
        denied(script);
        upload(script);
        reply(script, { status: 413 });
        answer(script);
        answer(script);
      },
      ends: { totals: { produced: 2, acknowledged: 2, rejected: 0, discarded: 0 } },
    }),
    fault("008", "one item that is too large by itself is given up, counted", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        reply(script, { status: 413 });
      },
      ends: { totals: { produced: 1, acknowledged: 0, rejected: 0, discarded: 1 } },
    }),
    fault("009", "a batch that the server knows otherwise is given up as a conflict", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        reply(script, { status: 409 });
      },
      ends: { discarded: { conflict: 1 }, totals: { produced: 1, acknowledged: 0, rejected: 0, discarded: 1 } },
    }),
    fault("010", "a batch that is wrong to the server is given up and never repeated", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        reply(script, { status: 400 });
      },
      ends: { discarded: { send_error: 1 }, lastTimer: { e: "timer", timer: "upload", minMs: 100, maxMs: 1000 } },
    }),
    fault("011", "what was given up is told of in the next batch, and then no more", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        reply(script, { status: 422 });
        upload(script);
        answer(script);
      },
      ends: { discarded: {}, totals: { produced: 1, acknowledged: 0, rejected: 0, discarded: 1 } },
    }),
    fault("012", "a server that is over its load says when", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        reply(script, { status: 503, retryAfterS: 120 });
      },
      ends: { lastTimer: { e: "timer", timer: "upload", minMs: 120_000, maxMs: 120_000 } },
    }),
    fault("013", "an answer of 200 that is none, as a captive portal gives, is tried again", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        reply(script, bodyOf("<html>"));
      },
      ends: {
        lastTimer: { e: "timer", timer: "upload", minMs: 100, maxMs: 1000 },
        totals: { produced: 1, acknowledged: 0, rejected: 0, discarded: 0 },
      },
    }),
    fault("014", "a device that is revoked stops sending, keeps what it has, and goes on counting", {
      make: open,
      play: (script) => {
        count(script);
        upload(script);
        reply(script, { status: 401, code: "device_revoked" });
        count(script);
        upload(script);
      },
      ends: { hangUps: 1, sends: 4, totals: { produced: 2, acknowledged: 0, rejected: 0, discarded: 0 } },
    }),
    fault("015", "a full disk does not stop telemetry: it goes on from memory", {
      make: open,
      play: (script) => {
        script.disk = "full";
        count(script);
        upload(script);
        answer(script);
      },
      ends: { totals: { produced: 1, acknowledged: 1, rejected: 0, discarded: 0 } },
    }),
    fault("016", "of one cause in a minute thirty events are told singly, and the others counted as sampled", {
      make: open,
      play: (script) => {
        for (let times = 0; times < 40; times += 1) denied(script);
      },
      ends: { discarded: { sampled: 10 }, totals: { produced: 40, acknowledged: 0, rejected: 0, discarded: 10 } },
    }),
    good("017", "the server lacks the platform document: it is handed back as it was received, once an answer", {
      make: open,
      play: (script) => {
        upload(script);
        answer(script, { wanted: ["platform"] });
      },
      ends: { asked: ["keyset", "keyset 2", "platform", `program ${APP}`, "held"] },
    }),
    fault("018", "somebody looks: it reports at once, and at most each two seconds", {
      make: synced,
      play: (script) => {
        script.step("stream", { reportNow: true });
        script.settle();
        script.pass(1);
        script.step("stream", { reportNow: true });
        script.settle();
        script.pass(1);
        script.step("stream", { reportNow: true });
        script.settle();
      },
      ends: { sends: 5 },
    }),
    good("019", "what was applied while a batch was out is told by the next one, at once", {
      make: open,
      play: (script) => {
        upload(script);
        offerProgram(script, program(22), 22);
        script.settle();
        answer(script);
      },
      ends: { sends: 5, applied: [3, 1, 40, [22], "fresh"] },
    }),
    fault("020", "a counter that others choose stays at 2^53−1", {
      make: open,
      play: (script) => {
        count(script, Number.MAX_SAFE_INTEGER);
        count(script, Number.MAX_SAFE_INTEGER);
        count(script, -5);
      },
      ends: { totals: { produced: 1, acknowledged: 0, rejected: 0, discarded: 0 } },
    }),
  ];
}
