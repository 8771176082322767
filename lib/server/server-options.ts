import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Environment } from "@/lib/domain/lifecycles";
import { type Env, parseEnv } from "@/lib/platform/env";
import type { AskedPlatform } from "@/lib/services/platform/initialise-platform";

export type ServerOptions = {
  host: string;
  port: number;
  dataDir: string;
  /** Where bundles lie as files; the same folder for all processes of one store. */
  bundlesDir: string;
  databaseUrl: string | null;
  /** Null: `http://localhost:PORT`, with the port that was bound. */
  baseUrl: string | null;
  /** Null where the store decides, or else the default. */
  platformId: string | null;
  platformName: string;
  /** Null where the store decides; a new one is for production. */
  environment: Environment | null;
  /** Next's development server instead of its production build. */
  isNextDev: boolean;
  /** How many proxies stand in front, each adding to `X-Forwarded-For`. */
  trustedProxies: number;
  /** Rows on Postgres may be migrated by this start: a backup of them was made. */
  isBackupConfirmed: boolean;
  /** Times what a publisher may have waiting for a review, as shipped. */
  submissionQuota: number;
  /** Output for programs: JSON lines alone. */
  json: boolean;
  env: Env;
};
export type OptionsResult = { ok: true; options: ServerOptions } | { ok: false; problems: string[]; isHelp?: boolean };

export const USAGE = `Usage: npm start -- [--port N] [--host ADDRESS] [--data DIR] [--json]

  --port N         default 3000; 0 takes a free one
  --host ADDRESS   default 127.0.0.1; use 0.0.0.0 behind a proxy that ends TLS
  --data DIR       default .bulkhead: keys, and the embedded store where DATABASE_URL is not set
  --development    makes a new store a development one: people may be switched, links are printed
  --dev            serves the pages by Next's development server
  --backup-confirmed   lets this start migrate Postgres: a backup of it was made
  --json           writes JSON lines alone
`;

/** Reads the command line and the environment once. An option beats a variable. Says everything that is wrong at once. */
export function readServerOptions(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): OptionsResult {
  const environment = parseEnv(variables);
  if (!environment.ok) return environment;
  const { env } = environment;
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        port: { type: "string" },
        host: { type: "string" },
        data: { type: "string" },
        development: { type: "boolean" },
        dev: { type: "boolean" },
        "backup-confirmed": { type: "boolean" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }));
  } catch (error) {
    return { ok: false, problems: [error instanceof Error ? error.message : String(error)] };
  }
  if (values.help === true) return { ok: false, problems: [], isHelp: true };
  const port = values.port === undefined ? (env.BULKHEAD_PORT ?? 3000) : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) return { ok: false, problems: ["--port: not a port"] };
  const dataDir = resolve(String(values.data ?? env.BULKHEAD_DATA ?? ".bulkhead"));
  return {
    ok: true,
    options: {
      host: String(values.host ?? env.BULKHEAD_HOST ?? "127.0.0.1"),
      port,
      dataDir,
      bundlesDir: bundlesDirOf(dataDir, env),
      databaseUrl: env.DATABASE_URL ?? null,
      baseUrl: env.BULKHEAD_BASE_URL?.replace(/\/+$/, "") ?? null,
      platformId: env.BULKHEAD_PLATFORM_ID ?? null,
      platformName: env.BULKHEAD_PLATFORM_NAME ?? "Super App",
      environment: values.development === true ? "development" : (env.BULKHEAD_ENVIRONMENT ?? null),
      isNextDev: values.dev === true,
      trustedProxies: env.BULKHEAD_TRUSTED_PROXIES ?? 0,
      isBackupConfirmed: values["backup-confirmed"] === true,
      submissionQuota: env.BULKHEAD_SUBMISSION_QUOTA ?? 1,
      json: values.json === true,
      env,
    },
  };
}

/** The folder that the environment names, or else one in the data folder. */
export const bundlesDirOf = (dataDir: string, env: Env): string =>
  env.BULKHEAD_BUNDLES_DIR === undefined ? join(dataDir, "bundles") : resolve(env.BULKHEAD_BUNDLES_DIR);

/** Which platform a start asks the store for. */
export function askedPlatform({ platformId, platformName, environment }: ServerOptions): AskedPlatform {
  return { platformId, name: platformName, environment };
}
