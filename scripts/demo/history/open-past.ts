import { signInWithLink } from "@/lib/auth/sign-in";
import type { Actor } from "@/lib/domain/roles";
import { createRouter } from "@/lib/http/router";
import { housekeepingJobs } from "@/lib/server/housekeeping";
import { openProcess } from "@/lib/server/open-process";
import { readServerOptions } from "@/lib/server/server-options";
import type { ServiceContext } from "@/lib/services/context";
import { listPeople } from "@/lib/services/people/list-people";
import { prepareDemoPeople } from "@/lib/services/people/prepare-demo-people";
import { findAccessKey } from "@/lib/sync/runtime/access-secret";
import { createRuntimeApi, runtimeRoutedHandlers } from "@/lib/sync/runtime/runtime-api";
import type { CallDoor } from "./past-device";
import type { WalkingClock } from "./walking-clock";

export type PersonActor = Extract<Actor, { kind: "person" }>;

export type Past = {
  context: ServiceContext;
  /** Whoever plays a part, by first name. */
  person(firstName: string): PersonActor;
  call: CallDoor;
  /** What the server does by itself, asked for by name. */
  tend(name: string): Promise<void>;
  close(): Promise<void>;
};

/** The console and the policy service of a development platform, whole, without sockets and under a clock that is walked. */
export async function openPast(
  { dataDir, platformId, platformName }: { dataDir: string; platformId: string; platformName: string },
  { clock, machine }: WalkingClock,
): Promise<Past> {
  const parsed = readServerOptions(["--data", dataDir, "--development"], {
    BULKHEAD_PLATFORM_ID: platformId,
    BULKHEAD_PLATFORM_NAME: platformName,
  });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  const { options } = parsed;
  const opened = await openProcess(options, "http://localhost", { clock, machine, isStoreHere: true });
  const { context, folder } = opened;
  const accessKey = await findAccessKey(folder.dir, options.env);
  if (accessKey === null) throw new Error("the access secret was just made");
  const { store, bundles } = context;
  const runtime = createRuntimeApi({ store, bundles, ctx: context, accessKey, validatesOutput: true });
  const router = createRouter(runtimeRoutedHandlers(runtime), context);
  const signedIn = await signInAdmin(context);
  const { items: known } = await listPeople(context, signedIn, { q: "" });
  const jobs = new Map<string, () => Promise<unknown>>(
    housekeepingJobs(context, folder.dir).map(({ name, run }) => [name, run]),
  );
  return {
    context,
    person(firstName) {
      const found = known.find(({ name }) => name.startsWith(`${firstName} `));
      if (found === undefined) throw new Error(`nobody is called ${firstName}`);
      const { id: personId, email, role, publisherId } = found;
      return { kind: "person", personId, name: found.name, email, role, publisherId, sessionId: signedIn.sessionId };
    },
    call: (path, init) => router(new Request(`http://localhost/api/runtime/v1/${path}`, init)),
    async tend(name) {
      const run = jobs.get(name);
      if (run === undefined) throw new Error(`there is no job ${name}`);
      while ((await run()) === true);
    },
    async close() {
      runtime.close();
      await opened.close();
    },
  };
}

/** By the link that a development platform prints. */
async function signInAdmin(context: ServiceContext): Promise<PersonActor> {
  const link = (await prepareDemoPeople(context)).find(({ role }) => role === "admin");
  if (link === undefined) throw new Error("there is no link for an admin");
  const token = link.url.split("/").at(-1) ?? "";
  const signedIn = await signInWithLink(context, { token }, { address: "127.0.0.1", userAgent: "the demo's past" });
  return { kind: "person", ...signedIn, role: "admin", publisherId: null };
}
