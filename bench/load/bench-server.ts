import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EnrolmentFile, makeEnrolment } from "../../e2e/faults/simulated-device";
import { type RunningServer, startServer } from "../../e2e/fixtures/running-server";
import type { ProgramList } from "../../lib/contracts/programs";
import { buildAll } from "../../scripts/build";
import type { ConsoleSession } from "../../scripts/client/console-session";
import { SAMPLES } from "../../scripts/demo/samples";
import { bringIn } from "../../scripts/demo/seed";

/** The program of the benchmarks, and all that run on their devices. */
export const APP_ID = "example.coin.rush";
export const APP_IDS = SAMPLES.map(({ appId }) => appId);

export type BenchServer = RunningServer & {
  dataDir: string;
  sessions: { admin: ConsoleSession; operator: ConsoleSession; security: ConsoleSession };
  publisher: { token: string; privateKeyPem: string; folder: string };
  enrolments(prefix: string, count: number): Promise<EnrolmentFile[]>;
  /** Processor time since its start, milliseconds, and memory in MiB, of the whole process. */
  usage(): { cpuMs: number; memoryMiB: number };
  /** Ends it; its folder stays. */
  stop(): Promise<void>;
  remove(): void;
};

const ticksPerSecond = () => Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** The built server as people start it, on a fresh folder, with three programs of which a version is listed. */
export async function openBenchServer(port: number, env: Record<string, string> = {}): Promise<BenchServer> {
  const root = process.cwd();
  await buildAll(root, (text) => process.stderr.write(`${text}\n`));
  const dataDir = mkdtempSync(join(tmpdir(), "bulkhead-bench-"));
  const server = await startServer({ dataDir: join(dataDir, "data"), port, env: { ...process.env, ...env } });
  const sessions = {
    admin: await server.session("admin"),
    operator: await server.session("operator"),
    security: await server.session("security"),
  };
  const [sample, ...others] = [...SAMPLES].sort((one) => (one.appId === APP_ID ? -1 : 1));
  if (sample?.appId !== APP_ID) throw new Error(`the demo has no ${APP_ID}`);
  const folder = join(root, sample.folder);
  await bringIn(sample, { root, dataDir, baseUrl: server.url, sessions });
  const keys = join(dataDir, "publishers");
  // Of the first one alone there is a key by now.
  const privateKeyPem = readFileSync(join(keys, readdirSync(keys)[0] ?? ""), "utf8");
  for (const other of others) await bringIn(other, { root, dataDir, baseUrl: server.url, sessions });
  const { items } = await sessions.operator.get<ProgramList>("programs");
  const publisherId = items.find(({ appId }) => appId === APP_ID)?.publisher.id;
  const { token } = await sessions.admin.post<{ token: string }>(`publishers/${publisherId}/tokens`, {});
  const ticks = ticksPerSecond();
  return {
    ...server,
    dataDir: join(dataDir, "data"),
    sessions,
    publisher: { token, privateKeyPem, folder },
    async enrolments(prefix, count) {
      const files: EnrolmentFile[] = [];
      for (let n = 0; n < count; n += 1) files.push(await makeEnrolment(sessions.operator, `${prefix} ${n}`));
      return files;
    },
    usage() {
      const { pid } = server.child.process;
      // After the name in parentheses, which may hold blanks.
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      return {
        cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / ticks,
        memoryMiB: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? "") / 1024,
      };
    },
    stop: () => server.child.stop(),
    remove: () => rmSync(dataDir, { recursive: true, force: true }),
  };
}
