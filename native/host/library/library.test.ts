import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { DevelopmentHostOptions } from "../api/host";
import { HostError } from "../api/host-error";
import type { HostEvent } from "../api/host-event";
import type { CapabilityProvider } from "../api/providers";
import { processTree, systemProc } from "../confinement/process-tree";
import { requireConfinement } from "../confinement/require-confinement";
import { openDataDirectory } from "../runtime/data-directory";
import { createLocalPlatform } from "../runtime/local-platform";
import { randomId, systemClock } from "../runtime/system-ports";
import { nodeDurableFiles } from "../state/durable-files";
import { openHostWith } from "./compose-host";
import { enrolBy } from "./enrol-by";
import { openDevelopmentHost } from "./open-development-host";
import { openHost } from "./open-host";

const { available } = await requireConfinement("the library");
const cleaning: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleaning.splice(0).reverse()) await clean();
});

const APP = "com.example.walk";
const LOCATION = ["location.coarse"];

function programOf(source: string, capabilities: readonly string[] = [], appId = APP) {
  const manifest = {
    ...{ app_id: appId, name: "Walk", icons: [], pages: [], platform_version: { min_code: 1 } },
    ...{ version: { code: 1, name: "1.0.0" }, bulkhead_engine: "script" },
    req_permissions: capabilities.map((name) => ({ name, reason: "to show where you are" })),
  };
  return { "manifest.json": JSON.stringify(manifest), "app.js": source };
}

/** Tells the outcome of one call as one line. */
const ask = (api: string) =>
  `await bulkhead.call(${JSON.stringify(api)}, {}).then((value) => console.log("yes", JSON.stringify(value)), (error) => console.log("no", error.code, error.message)); console.log("end");`;

async function open(options: DevelopmentHostOptions = {}) {
  const events: HostEvent[] = [];
  const host = await openDevelopmentHost({ ...options, onEvent: (event) => void events.push(event) });
  cleaning.push(() => host.close());
  const lines = () => events.flatMap((event) => (event.kind === "console" ? event.line.text : []));
  const until = (check: () => void) => vi.waitFor(check, { interval: 20, timeout: 100_000 });
  const line = (text: string) => until(() => expect(lines()).toContain(text));
  const states = () =>
    events
      .flatMap((event) => (event.kind === "program" ? `${event.state} ${event.reason}` : []))
      .filter((state, index, told) => state !== told[index - 1]);
  return { host, events, lines, line, states, until };
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof HostError ? error.code : error),
  );
const provide = (carryOut: () => unknown): CapabilityProvider => ({
  capability: "location.coarse",
  // Safe: what it answers is what the test is about.
  apis: { "location.coarse": carryOut as () => Promise<Record<string, unknown>> },
});

describe.skipIf(!available)("a host that is embedded", () => {
  it("installs, launches, asks, is answered, tells, stops, and launches again", async () => {
    const questions: string[] = [];
    const { host, events, line, lines, states } = await open({
      consent: async ({ appId, name, reason, capability, title }) => {
        questions.push(`${appId} ${name} ${capability} ${title} ${reason}`);
        return "given";
      },
      capabilities: [provide(async () => ({ latitude: 52.5, longitude: 13.4 }))],
    });
    expect(await host.installFiles(programOf(ask("location.coarse"), LOCATION))).toEqual({
      appId: APP,
      versionCode: 1,
    });
    const status = await host.launch(APP);
    expect(status).toMatchObject({ appId: APP, state: "running", versionCode: 1 });
    await line("end");
    expect(lines()).toEqual([
      expect.stringMatching(/^yes \{"latitude":52\.49\d*,"longitude":13\.\d+,"accuracyMetres":1000\}$/),
      "end",
    ]);
    expect(questions).toEqual([`${APP} Walk location.coarse Approximate location to show where you are`]);
    expect(await codeOf(host.launch(APP))).toBe("already_running");
    await host.stop(APP);
    await host.stop(APP);
    await host.stop("com.example.never");
    expect(host.programs()).toMatchObject([{ state: "ended", reason: "stopped", pid: null }]);
    await host.launch(APP);
    await host.close();
    expect(states()).toEqual([
      ...["starting null", "running null", "stopping stopped", "ended stopped"],
      ...["starting null", "running null", "ended stopped"],
    ]);
    expect(events.filter(({ kind }) => kind === "installed")).toEqual([
      { kind: "installed", appId: APP, versionCode: 1 },
    ]);
    expect(events.at(-1)).toEqual({ kind: "closed" });
    expect(await codeOf(host.launch(APP))).toBe("host_closed");
    expect(await codeOf(host.install({ appId: APP }))).toBe("host_closed");
  });

  it.each([
    [undefined, 6],
    [0, 3],
  ])(
    "with spares: %s has %i processes beside it once a program runs, and none once it is closed",
    async (spares, most) => {
      const below = () => processTree(systemProc, process.pid).length - 1;
      const before = below();
      const { host, until } = await open(spares === undefined ? {} : { spares });
      await host.installFiles(programOf(""));
      await host.launch(APP);
      await until(() => expect(below() - before).toBe(most));
      await host.close();
      expect(below()).toBe(before);
    },
  );

  it.each([
    ["hangs", () => new Promise<never>(() => undefined), "timed_out"],
    ["throws", () => raise(new Error("no window")), "threw"],
    ["says true", async () => true as unknown as "given", "not_understood"],
  ])("refuses what the person was not reached for: whoever asks %s", async (_what, consent, outcome) => {
    // The half second is a bound of the host's own; nothing here is measured.
    const { host, events, line, lines } = await open({
      consent,
      consentMsMax: 500,
      capabilities: [provide(() => ({}))],
    });
    await host.installFiles(programOf(ask("location.coarse"), LOCATION));
    await host.launch(APP);
    await line("end");
    expect(lines()[0]).toMatch(/^no CONSENT_REQUIRED /);
    expect(events).toContainEqual({ kind: "consent", appId: APP, capability: "location.coarse", outcome });
    expect(events.find(({ kind }) => kind === "denied")).toMatchObject({
      code: "CONSENT_REQUIRED",
      api: "location.coarse",
    });
  });

  it.each([
    ["hangs", () => new Promise(() => undefined)],
    ["throws", () => raise(new Error("the password is hunter2"))],
    ["answers without end", () => ({ latitude: "x".repeat(2_000_000) })],
    ["answers for another program", () => ({ latitude: 1, appId: "com.example.other" })],
  ])("ends a call whose provider %s with a code, and the program goes on", async (_what, carryOut) => {
    const { host, line, lines } = await open({ capabilities: [provide(carryOut)], capabilityMsMax: 500 });
    await host.installFiles(programOf(ask("location.coarse"), LOCATION));
    await host.launch(APP);
    await line("end");
    expect(lines()[0]).toMatch(/^no HOST_ERROR /);
    expect(lines()[0]).not.toContain("hunter2");
    expect(host.programs()).toMatchObject([{ state: "running" }]);
  });

  it("hands no call to a provider that the program was not granted", async () => {
    let called = 0;
    const { host, line, lines } = await open({
      consent: async () => "given",
      capabilities: [
        provide(() => {
          called += 1;
          return {};
        }),
      ],
    });
    await host.installFiles(programOf(ask("location.coarse")));
    await host.launch(APP);
    await line("end");
    expect([lines()[0]?.slice(0, 20), called]).toEqual(["no PERMISSION_DENIED", 0]);
  });

  it("closes while a program is being launched or installed, and leaves nothing", async () => {
    const { host } = await open();
    await host.installFiles(programOf("setInterval(() => {}, 1000);"));
    const launching = codeOf(host.launch(APP));
    const closing = host.close();
    expect(await codeOf(host.launch(APP))).toBe("host_closed");
    await closing;
    expect(["host_closed", "done"]).toContain(await launching);
    for (const { pid, state } of host.programs()) expect([state, pid]).toEqual(["ended", null]);
  });

  it("stops a program that is being launched", async () => {
    const { host } = await open();
    await host.installFiles(programOf("setInterval(() => {}, 1000);"));
    const launching = codeOf(host.launch(APP));
    await host.stop(APP);
    expect(["launch_called_off", "done"]).toContain(await launching);
    for (const { state, pid } of host.programs()) expect([state, pid]).toEqual(["ended", null]);
    expect((await host.launch(APP)).state).toBe("running");
  });

  it("says why a program does not start or is not installed", async () => {
    const { host } = await open();
    expect(await codeOf(host.launch("com.example.unknown"))).toBe("program_unknown");
    expect(await codeOf(host.launch("../../etc"))).toBe("program_unknown");
    expect(await codeOf(host.install({ appId: "com.example.unknown" }))).toBe("program_unknown");
    expect(await codeOf(host.installFiles({ "app.js": "" }))).toBe("bundle_malformed");
    await host.installFiles(programOf("0;"));
    expect(await codeOf(host.install({ appId: APP, versionCode: 7 }))).toBe("version_not_listed");
    expect(await codeOf(host.launch(APP, { versionCode: 7 }))).toBe("version_not_listed");
    const bundle = { bytes: Buffer.from("no bundle"), signature: Buffer.alloc(70) };
    expect(await codeOf(host.install({ appId: APP, bundle }))).toBe("bundle_refused");
    const { "manifest.json": manifest } = programOf("0;");
    const paged = manifest.replace(`,"bulkhead_engine":"script"`, "").replace(`"pages":[]`, `"pages":["index"]`);
    const icon = paged.replace(`"icons":[]`, `"icons":[{"src":"icon.png"}]`);
    await host.installFiles({ "manifest.json": icon, "index.html": "<p>", "icon.png": "" });
    expect(await codeOf(host.launch(APP))).toBe("unsupported_engine");
  });

  it("runs the newest files of a program under development", async () => {
    const { host, line, lines } = await open();
    await host.installFiles(programOf(`console.log("old");`));
    await host.installFiles(programOf(`console.log("new");`));
    await host.launch(APP);
    await line("new");
    expect(lines()).toEqual(["new"]);
  });

  it("is one of several in a process, each on its own; and its end is the end of no other", async () => {
    const [one, two] = [await open(), await open()];
    for (const { host } of [one, two])
      await host.installFiles(programOf(`console.log("up"); setInterval(() => {}, 1000);`));
    await Promise.all([one.host.launch(APP), two.host.launch(APP)]);
    await Promise.all([one.line("up"), two.line("up")]);
    await one.host.close();
    expect(two.host.programs()).toMatchObject([{ state: "running" }]);
  });

  it("takes no signal, ends no process and leaves no listener there", async () => {
    const counts = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const before = counts();
    const { host } = await open();
    expect(counts()).toEqual(before);
    await host.close();
    expect(counts()).toEqual(before);
  });
});

describe("a host that is not opened", () => {
  const folder = async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "bulkhead-library-"));
    cleaning.push(() => rm(dataDir, { recursive: true, force: true }));
    return dataDir;
  };

  it("says why: nobody enrolled its folder, or another holds it", async () => {
    const dataDir = await folder();
    expect(await codeOf(openHost({ dataDir }))).toBe("not_enrolled");
    const held = await openDataDirectory({ files: nodeDurableFiles, directory: dataDir, log: () => undefined });
    expect(await codeOf(openHost({ dataDir }))).toBe("data_directory_in_use");
    await held?.release();
    expect(await codeOf(openHost({ dataDir }))).toBe("not_enrolled");
  });

  it("is the second on an enrolled folder, until the first is closed", async () => {
    const dataDir = await folder();
    const log = () => undefined;
    const platform = await createLocalPlatform({
      ...{ clock: systemClock, randomId, onBatch: () => undefined, consent: "none" },
    });
    const { transport, enrolmentFile } = platform;
    await enrolBy(transport, { dataDir, enrolmentFile, log });
    const first = await openHostWith({ dataDir, spares: 0 }, { transport });
    expect(await codeOf(openHostWith({ dataDir, spares: 0 }, { transport }))).toBe("data_directory_in_use");
    expect(await codeOf(enrolBy(transport, { dataDir, enrolmentFile, log }))).toBe("data_directory_in_use");
    await first.close();
    const second = await openHostWith({ dataDir, spares: 0 }, { transport });
    expect(second.status()).toMatchObject({ platform: "local", environment: "development", programs: [] });
    await second.close();
  });

  it.each([
    ["no capability of the catalogue", { capability: "debug.shell", apis: {} }],
    ["what the host does itself", { capability: "storage.local", apis: {} }],
    ["the network", { capability: "network.upload", apis: {} }],
    ["another capability's API", { capability: "location.coarse", apis: { "contacts.read": async () => ({}) } }],
    ["what is no function", { capability: "location.coarse", apis: { "location.coarse": 7 as never } }],
  ])("has a provider of %s", async (_what, provider) => {
    const dataDir = await folder();
    expect(await codeOf(openHost({ dataDir, capabilities: [provider] }))).toBe("provider_invalid");
    expect(await readdir(dataDir)).toEqual([]);
  });

  it("has two providers of one capability", async () => {
    const capabilities = [provide(() => ({})), provide(() => ({}))];
    const opening = openHost({ dataDir: await folder(), capabilities });
    await expect(opening).rejects.toMatchObject({ code: "provider_invalid", help: "errors/provider_invalid" });
  });
});

function raise(error: unknown): never {
  throw error;
}
