import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { automaticBackup } from "@/db/backup/automatic-backup";
import { withStoppedStore } from "@/db/backup/back-up-folder";
import { nodeBackupFs } from "@/db/backup/backup-fs";
import { bundlesInBackups } from "@/db/backup/bundles-in-backups";
import { withPostgresConnection } from "@/db/backup/connection";
import { readKeyFiles } from "@/db/backup/key-files";
import { type RestoreOptions, restoreFolder } from "@/db/backup/restore-folder";
import { restorePostgres } from "@/db/backup/restore-postgres";
import { type BackupSummary, saveBackup, verifyBackup } from "@/db/backup/save-backup";
import { isSealed } from "@/db/backup/sealed-chunks";
import type { BackupInput } from "@/db/backup/write-backup";
import { backupFault } from "@/db/backup-fault";
import { createBundleFiles } from "@/db/bundles/bundle-files";
import { nodeBundleFs } from "@/db/bundles/bundle-fs";
import { type BundleRows, restoreBundles } from "@/db/bundles/restore-bundles";
import { checkPostgres } from "@/db/check-postgres";
import { checkStore } from "@/db/check-store";
import { dropFiguresAside } from "@/db/figures/broken-figures";
import { lockPlatform } from "@/db/lock-platform";
import { findMigrationsFolder } from "@/db/migrate";
import { openStore } from "@/db/open-store";
import { rebuildStore } from "@/db/rebuild-store";
import { describeRecovery, type Recovery } from "@/db/recovery";
import { auditRecovery } from "@/lib/audit/audit-recovery";
import { createHeadFiles } from "@/lib/audit/head-files";
import { systemClock } from "@/lib/platform/clock";
import { type Env, parseEnv } from "@/lib/platform/env";
import { AppError } from "@/lib/platform/errors";
import { explainStartFailure, startFailureText } from "@/lib/platform/explain-start-failure";
import { randomIds } from "@/lib/platform/ids";
import { stderrLogger } from "@/lib/platform/logger";
import { admitLoss } from "@/lib/services/audit/admit-loss";
import { unlockFromServer } from "@/lib/services/people/unlock-from-server";
import { type Ask, obtainPassphrase, terminalAsk } from "./backup-passphrase";
import { readVersion } from "./project-root";
import { recordRestore } from "./record-restore";
import { createSay, type Say } from "./say";
import { bundlesDirOf } from "./server-options";

const USAGE = `Usage: npm run store -- COMMAND [options]        (docs/guides/server.md, "Backups"; docs/guides/operations.md)

  check                    reads every row and compares it with the journal, then, where these are in order, every
                           bundle's bytes and signatures; changes nothing
  check --file FILE        reads a backup to its end and says what it holds; opens no store
  backup FILE              writes the whole store into one file, sealed by a passphrase, and reads it back to its end
  restore FILE             makes a store from a backup, where none is; --unsealed takes one that no passphrase sealed,
                           as a start leaves it in DIR/backups before it migrates
  rebuild --from journal   makes the embedded database anew from its journal; the old one is renamed and kept
  rebuild --table NAME     makes one table of it anew from the journal, as check names it; may be given several times
  rebuild --bundles        makes bundles whole again: rows, files and signatures from each other, and from DIR/backups
  rebuild --from rows      begins a new journal with all rows as they stand; the old one is renamed and kept
  admit-loss               says of signed audit entries that the database lost by itself that they are lost, so that
                           signing goes on: after a failover, or a restore by other means than this command
  drop-aside               drops the figures that were put aside because they could not be read or added up, for good
  unlock EMAIL             unlocks a sign-in where fewer than two people can approve it in the console

  --data DIR               default .bulkhead: keys, and the embedded store where DATABASE_URL is not set
  --json                   writes JSON lines alone
  --help                   says this

The store is the Postgres that DATABASE_URL names, which may be in use, or else the embedded one in DIR, whose server
must be stopped first. The passphrase (12 characters at least) is asked for at a terminal, or taken from the first line
of the file that BULKHEAD_BACKUP_PASSPHRASE_FILE names, or from BULKHEAD_BACKUP_PASSPHRASE.
Exit code 0: done, and in order. 1: not done, and what lies there stands as it was. 2: check found something wrong, or
rebuild --bundles left something so.
`;

const OPTIONS = {
  data: { type: "string" },
  file: { type: "string" },
  from: { type: "string" },
  table: { type: "string", multiple: true },
  bundles: { type: "boolean" },
  unsealed: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>["values"];
type Call = { values: Values; words: string[]; dataDir: string; bundlesDir: string; env: Env; ask: Ask; say: Say };

/** What the process ends with; a command that raises ends with 1. */
type ExitCode = typeof DONE | typeof FOUND;
const DONE = 0;
const FOUND = 2;

const wrong = (message: string) => new AppError("invalid_input", message);

function requireFile(given: string | undefined, usage: string): string {
  if (given === undefined) throw wrong(`Which file? npm run store -- ${usage}`);
  return resolve(given);
}

/** A name that was mistyped makes no folder. */
function requireFolder(dataDir: string): void {
  if (existsSync(dataDir)) return;
  throw wrong(`${dataDir} is not there.\nName the data folder of the server: --data DIR.`);
}

const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`;

/** What a backup holds, for people. */
function inWords(path: string, { header, counts, sizeBytes }: BackupSummary): string {
  const rows = Object.values(counts.tables).reduce((sum, count) => sum + count, 0);
  return [
    `${path}: ${megabytes(sizeBytes)}, whole.`,
    `  taken ${header.takenAt} by version ${header.program}, of ${header.platformId ?? "no platform yet"} (${header.store})`,
    `  ${rows} rows in ${Object.keys(counts.tables).length} tables, ${counts.files} key files, ${counts.bundles} bundles`,
    ...(counts.lacking.length === 0
      ? []
      : [
          `  Without ${counts.lacking.length} bundles whose files were not there or were changed: ${counts.lacking.join(", ")}`,
        ]),
  ].join("\n");
}

async function backup({ words, dataDir, bundlesDir, env, ask, say }: Call): Promise<ExitCode> {
  const path = requireFile(words[1], "backup FILE");
  if (!existsSync(dirname(path))) throw wrong(`${dirname(path)} is not there.\nMake it, or name a file elsewhere.`);
  const passphrase = await obtainPassphrase(env, ask, "seal");
  const save = async (connection: BackupInput["connection"]) => {
    const takenAt = new Date(systemClock.nowMs()).toISOString();
    const about = { takenAt, cause: "asked", program: readVersion() } as const;
    const bundles = createBundleFiles(nodeBundleFs, bundlesDir);
    const files = await readKeyFiles(dataDir);
    return saveBackup(nodeBackupFs, path, { connection, files, bundles, about }, passphrase);
  };
  const summary = await (env.DATABASE_URL === undefined
    ? withStoppedStore(dataDir, save)
    : withPostgresConnection(env.DATABASE_URL, save));
  say(
    "backed_up",
    `${inWords(path, summary)}\nKeep it with its passphrase, and apart from both what opens the keys: DATA/keys/protection.key or BULKHEAD_KEYS_PASSPHRASE.`,
    { path, ...summary },
  );
  return DONE;
}

async function obtainOpening(path: string, { env, ask }: Call): Promise<string | null> {
  return (await isSealed(nodeBackupFs.stream(path), path)) ? obtainPassphrase(env, ask, "open") : null;
}

/** Where somebody counts on a passphrase, a file that has none is not taken in its stead. */
async function requireOpening(path: string, call: Call): Promise<string | null> {
  const passphrase = await obtainOpening(path, call);
  if (passphrase === null && call.values.unsealed !== true) throw backupFault("unsealed", { path });
  return passphrase;
}

async function checkFile(call: Call, given: string): Promise<void> {
  const path = resolve(given);
  const summary = await verifyBackup(nodeBackupFs, path, await obtainOpening(path, call));
  call.say("checked", inWords(path, summary), { path, ...summary });
}

async function check(call: Call): Promise<ExitCode> {
  const { values, dataDir, bundlesDir, env, say } = call;
  if (values.file !== undefined) {
    await checkFile(call, values.file);
    return DONE;
  }
  if (env.DATABASE_URL === undefined) requireFolder(dataDir);
  const bundles = createBundleFiles(nodeBundleFs, bundlesDir);
  const { findings, tables } = await (env.DATABASE_URL === undefined
    ? checkStore(dataDir, bundles)
    : checkPostgres(env.DATABASE_URL, bundles));
  for (const { code, found, remedy } of findings) {
    say("found", `${code}: ${found}\n  ${remedy}`, { code, found, remedy });
  }
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const verdict = findings.length === 0 ? "in order" : `${findings.length} found wrong; nothing was changed`;
  say("checked", `${rows} rows in ${tables.length} tables read: ${verdict}.`, { findings: findings.length, tables });
  return findings.length === 0 ? DONE : FOUND;
}

async function rebuild(call: Call): Promise<ExitCode> {
  const { values, dataDir, bundlesDir, env, say } = call;
  const { from: asked, table: tables } = values;
  if (values.bundles === true) {
    if (asked !== undefined || tables !== undefined)
      throw wrong("--bundles stands alone: one thing is rebuilt at a time.");
    return await rebuildBundles(call);
  }
  const from = tables !== undefined && asked === undefined ? { tables } : asked;
  if (from !== "journal" && from !== "rows" && typeof from !== "object")
    throw wrong("--from journal, --from rows or --table NAME: which of the two is believed? Or --bundles.");
  if (typeof from !== "object" && tables !== undefined)
    throw wrong("--table NAME is made from the journal: leave out --from.");
  if (env.DATABASE_URL !== undefined) {
    throw wrong(
      "Postgres has no journal here to rebuild from.\nUnset DATABASE_URL for an embedded store, or restore a backup.",
    );
  }
  requireFolder(dataDir);
  const beforeMigration = backupBefore(dataDir, bundlesDir);
  const spareBundles = bundlesInBackups({ fs: nodeBackupFs, dataDir, logger: stderrLogger });
  const recovery = await rebuildStore({ dataDir, bundlesDir, from, beforeMigration, spareBundles });
  await recordRebuild(dataDir, bundlesDir, recovery);
  say("rebuilt", describeRecovery(recovery).join("\n"), { recovery });
  return DONE;
}

/** Opens the store that is there, of either kind, backed up before a migration of a folder. Raises `invalid_input` without a folder. */
async function openEither({ dataDir, bundlesDir, env }: Call) {
  if (env.DATABASE_URL === undefined) requireFolder(dataDir);
  return await openStore({
    location:
      env.DATABASE_URL === undefined
        ? { kind: "pglite", dataDir, bundlesDir }
        : { kind: "postgres", url: env.DATABASE_URL },
    beforeMigration: backupBefore(dataDir, bundlesDir),
  });
}

/** On both kinds of store; Postgres may be in use meanwhile. What could not be made whole is named, and is exit code 2. */
async function rebuildBundles(call: Call): Promise<ExitCode> {
  const { dataDir, bundlesDir, say } = call;
  const { store, recovery } = await openEither(call);
  try {
    const rows: BundleRows = {
      db: store.db,
      write: (work) =>
        store.transaction(async (tx) => {
          // What a server takes in, removes or signs again meanwhile it does behind the same lock.
          await lockPlatform(tx);
          return work(tx.db);
        }),
    };
    const found = await restoreBundles(rows, createBundleFiles(nodeBundleFs, bundlesDir), {
      spare: bundlesInBackups({ fs: nodeBackupFs, dataDir, logger: stderrLogger }),
      reads: "all",
      at: new Date(systemClock.nowMs()),
    });
    const restored = recovery.bundles.restored + found.restored;
    const left = found.missing.map((words) => `\n  Not whole, and nothing to make it of: ${words}`);
    const text = `${restored} bundles were made whole again.${left.join("")}`;
    say("rebuilt", text, { bundles: { restored, missing: found.missing } });
    return found.missing.length === 0 ? DONE : FOUND;
  } finally {
    await store.close();
  }
}

/** The log of the rebuilt store says that it was, by the next opening of it. */
async function recordRebuild(dataDir: string, bundlesDir: string, recovery: Recovery): Promise<void> {
  const { store } = await openStore({ location: { kind: "pglite", dataDir, bundlesDir } });
  try {
    await auditRecovery(store, { clock: systemClock, ids: randomIds }, recovery);
  } finally {
    await store.close();
  }
}

async function restore(call: Call): Promise<ExitCode> {
  const { words, dataDir, bundlesDir, env, say } = call;
  const file = requireFile(words[1], "restore FILE");
  const files = createHeadFiles(dataDir, systemClock);
  const signed = (await files.last()).head;
  let restoredAs = 0;
  const options: RestoreOptions = {
    fs: nodeBackupFs,
    file,
    passphrase: await requireOpening(file, call),
    dataDir,
    ...(env.BULKHEAD_BUNDLES_DIR === undefined ? {} : { bundlesDir }),
    migrationsFolder: findMigrationsFolder(),
    clock: systemClock,
    logger: stderrLogger,
    async mark(tx, header) {
      const ctx = { clock: systemClock, ids: randomIds };
      restoredAs = await recordRestore(tx, ctx, header, signed?.sequence ?? null);
    },
  };
  const { header, counts } = await (env.DATABASE_URL === undefined
    ? restoreFolder(options)
    : restorePostgres(env.DATABASE_URL, options));
  if (signed !== null && signed.sequence >= restoredAs) {
    const [at, because] = [new Date(systemClock.nowMs()).toISOString(), `restored from a backup of ${header.takenAt}`];
    await files.append([{ loss: { fromSequence: restoredAs, entrySequence: restoredAs, at, because } }]);
  }
  const rows = Object.values(counts.tables).reduce((sum, count) => sum + count, 0);
  say(
    "restored",
    `Restored ${rows} rows, ${counts.bundles} bundles and ${counts.files} key files as they were at ${header.takenAt}.
Put what opens the keys where it was (${dataDir}/keys/protection.key, or BULKHEAD_KEYS_PASSPHRASE), then start.
Everybody signs in again. What was revoked or suspended after that time is not: do it again.
Devices get no documents until the first publish, which is signed above whatever they may have.`,
    { header, counts },
  );
  return DONE;
}

async function unlock(call: Call): Promise<ExitCode> {
  const { words, say } = call;
  const email = words[1];
  if (email === undefined) throw wrong("Whose sign-in? npm run store -- unlock EMAIL");
  const { store } = await openEither(call);
  try {
    const { personId, name } = await unlockFromServer({ store, clock: systemClock, ids: randomIds }, { email });
    say("unlocked", `${name} can sign in again. It stands in the audit log.`, { personId });
    return DONE;
  } finally {
    await store.close();
  }
}

async function dropAside(call: Call): Promise<ExitCode> {
  const { store } = await openEither(call);
  try {
    const aside = await dropFiguresAside(store);
    const text = aside.length === 0 ? "Nothing was put aside." : `Dropped for good: ${aside.join(", ")}.`;
    call.say("dropped", text, { aside });
    return DONE;
  } finally {
    await store.close();
  }
}

async function admit(call: Call): Promise<ExitCode> {
  const { dataDir, say } = call;
  requireFolder(dataDir);
  const { store } = await openEither(call);
  try {
    const ctx = { store, clock: systemClock, ids: randomIds };
    const range = await admitLoss(ctx, createHeadFiles(dataDir, systemClock));
    const { fromSequence, toSequence } = range;
    say(
      "admitted",
      `Entries ${fromSequence} to ${toSequence} are lost, and the log says so. Heads are signed again within a minute.`,
      range,
    );
    return DONE;
  } finally {
    await store.close();
  }
}

const backupBefore = (dataDir: string, bundlesDir: string) =>
  automaticBackup({ fs: nodeBackupFs, dataDir, bundlesDir, clock: systemClock, program: readVersion() });

const COMMANDS: Readonly<Record<string, (call: Call) => Promise<ExitCode>>> = {
  "admit-loss": admit,
  backup,
  check,
  "drop-aside": dropAside,
  rebuild,
  restore,
  unlock,
};

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw wrong(
      `${error instanceof Error ? error.message : String(error)}\nnpm run store -- --help says how it is called.`,
    );
  }
}

/** Runs one command on the store. Raises what stood in its way; what lies there is then as it was. */
export async function runStoreCommand(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
  shell: { ask: Ask; print(text: string): void },
): Promise<ExitCode> {
  const { values, positionals: words } = readArguments(args);
  const command = Object.hasOwn(COMMANDS, words[0] ?? "") ? COMMANDS[words[0] ?? ""] : undefined;
  if (command === undefined || values.help === true) {
    shell.print(USAGE);
    if (values.help !== true) throw wrong("No such command.");
    return DONE;
  }
  const parsed = parseEnv(variables);
  if (!parsed.ok) throw wrong(parsed.problems.join("\n"));
  const dataDir = resolve(values.data ?? parsed.env.BULKHEAD_DATA ?? ".bulkhead");
  return await command({
    values,
    words,
    dataDir,
    bundlesDir: bundlesDirOf(dataDir, parsed.env),
    env: parsed.env,
    ask: shell.ask,
    say: createSay(values.json === true, shell.print),
  });
}

if (process.argv[1]?.endsWith("store-command.ts") === true) {
  // What is made here is its owner's alone, the database's files included.
  process.umask(0o077);
  runStoreCommand(process.argv.slice(2), process.env, {
    ask: terminalAsk(process.stdin, process.stderr),
    print: (text) => process.stdout.write(text),
  }).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      const failure = explainStartFailure(error);
      const { code, message, remedy } = failure;
      process.stderr.write(startFailureText(failure, "Not done", "What lies there stands as it was."));
      if (process.argv.includes("--json")) createSay(true)("failed", "", { code, message, remedy });
      process.exit(1);
    },
  );
}
