import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "@/lib/platform/clock";
import { parseEnv } from "@/lib/platform/env";
import { AppError } from "@/lib/platform/errors";
import { explainStartFailure, startFailureText } from "@/lib/platform/explain-start-failure";
import { makePrivateFolder, readIfPresent, writePrivateFile } from "@/lib/platform/private-file";
import { barePublicKeyShape } from "@/native/core/crypto/public-key";
import { addKeysetSignature, signKeyset } from "@/native/core/documents/sign-document";
import { isJsonObject, parseJson } from "@/native/core/json/parse-json";
import type { KeysetClaims, NamedKey } from "@/native/core/shapes/claims";
import { keyFault } from "../keys/key-faults";
import { type KeyFolder, openKeyFolder } from "../keys/key-folder";
import { createProtectionSecret, findProtectionSecret } from "../keys/protection-secret";
import { thumbprintOf } from "../keys/thumbprint";
import { INBOX, KEYSET_COPY } from "../keyset/inbox-files";
import { type KeysetPlan, planFirstKeyset, planNextKeyset } from "../keyset/keyset-claims";
import { signWithRootKey } from "../keyset/sign-with-root-key";
import { readKeysetText, signersOf } from "../trust/keyset-text";
import { bindKeyIds } from "./key-id-arguments";

const USAGE = `Usage: npm run keys -- COMMAND [options]        (docs/guides/root-ceremony.md)

  status                      the keys of this folder and the newest keyset
  root create                 makes a root key in this folder
  policy create               makes a policy key; it signs once a keyset names it
  session create              makes a lost session.salt anew: everybody signs in again
  public KID                  prints a key's public half as JSON
  keyset first --platform ID --root FILE... --policy FILE... --threshold N [--environment E] --out FILE
  keyset next [changes] --out FILE
                              the successor of the newest keyset, not signed yet
  keyset show FILE            what it says, and who has signed it
  keyset sign FILE            signs with every root key of this folder that it concerns
  keyset publish FILE         hands it to the server, running or at its next start

  --data DIR                  default .bulkhead; keys lie in DIR/keys
  --from FILE                 keyset next: plan from this keyset instead of DIR/keys/keyset.json
  changes: --add-policy FILE --remove-policy KID --add-root FILE --remove-root KID --threshold N --raise-epoch
`;

const OPTIONS = {
  data: { type: "string" },
  from: { type: "string" },
  out: { type: "string" },
  platform: { type: "string" },
  environment: { type: "string" },
  threshold: { type: "string" },
  root: { type: "string", multiple: true },
  policy: { type: "string", multiple: true },
  "add-policy": { type: "string", multiple: true },
  "remove-policy": { type: "string", multiple: true },
  "add-root": { type: "string", multiple: true },
  "remove-root": { type: "string", multiple: true },
  "raise-epoch": { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>["values"];
type Ceremony = { folder: KeyFolder; values: Values; words: string[]; print(text: string): void };

const wrong = (message: string) => new AppError("invalid_input", message);
const seconds = () => Math.floor(systemClock.nowMs() / 1000);

/** A public half from a file: `{ kid, jwk }` as `public` prints it. The kid must be the key's thumbprint. */
async function readNamedKey(path: string): Promise<NamedKey> {
  const parsed = parseJson(await readFile(path));
  const value = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
  const jwk = barePublicKeyShape.safeParse(value.jwk);
  if (!jwk.success || value.kid !== thumbprintOf(jwk.data)) throw wrong(`${path} holds no public key of ours.`);
  return { kid: thumbprintOf(jwk.data), jwk: jwk.data };
}

const readAll = (paths: string[] | undefined) => Promise.all((paths ?? []).map(readNamedKey));

async function readKeyset(path: string): Promise<{ text: string; claims: KeysetClaims }> {
  const text = (await readFile(path, "utf8")).trim();
  const claims = readKeysetText(text);
  if (claims === null) throw wrong(`${path} is no keyset.`);
  return { text, claims };
}

function readThreshold(values: Values): number | undefined {
  if (values.threshold === undefined) return undefined;
  const threshold = Number(values.threshold);
  if (!Number.isInteger(threshold) || threshold < 1) throw wrong("--threshold must be a whole number from 1.");
  return threshold;
}

function summarise(claims: KeysetClaims, signers: readonly string[]): string {
  const mark = (key: NamedKey) => `    ${key.kid}${signers.includes(key.kid) ? "  signed" : ""}`;
  return [
    `keyset ${claims.revision}, epoch ${claims.epoch}, ${claims.platform} (${claims.environment})`,
    `  until ${new Date(claims.exp * 1000).toISOString()}`,
    "  policy keys",
    ...claims.keys.map((key) => `    ${key.kid}`),
    `  root keys, ${claims.threshold} must sign`,
    ...claims.rootKeys.map(mark),
  ].join("\n");
}

async function status({ folder, print }: Ceremony): Promise<void> {
  for (const use of ["policy", "root"] as const) {
    const found = await folder.survey(use);
    if (!found.ok) throw keyFault("FOLDER_UNREADABLE", { about: found.about });
    const { keys, unreadable } = found;
    print(`${use} keys in ${folder.dir}: ${keys.length + unreadable.length === 0 ? "none" : ""}`);
    for (const key of keys) print(`  ${key.kid}  made ${key.createdAt}`);
    for (const name of unreadable) print(`  ${name} is no key: restore it from a backup`);
  }
  const copy = await readIfPresent(join(folder.dir, KEYSET_COPY));
  const claims = copy === null ? null : readKeysetText(copy);
  print(claims === null || copy === null ? "no keyset yet" : summarise(claims, signersOf(copy, claims.rootKeys)));
}

async function printPublic({ folder, words, print }: Ceremony): Promise<void> {
  const keys = [...(await folder.list("policy")), ...(await folder.list("root"))];
  const key = keys.find(({ kid }) => kid === words[1]);
  if (key === undefined) throw wrong("There is no such key in this folder.");
  print(JSON.stringify({ kid: key.kid, jwk: key.jwk }));
}

async function create(use: "policy" | "root", { folder, print }: Ceremony): Promise<void> {
  const { kid, jwk } = await folder.create(use);
  print(JSON.stringify({ kid, jwk }));
}

async function createSession({ folder, print }: Ceremony): Promise<void> {
  await folder.createSessionSalt();
  if ((await folder.sessionKey()) === null)
    throw wrong(`session.salt in ${folder.dir} was cut short: delete it first.`);
  print("session.salt is there; start the server again");
}

async function writePlan({ values, print }: Ceremony, plan: KeysetPlan): Promise<void> {
  if (!plan.ok) throw wrong(`That makes no keyset: ${plan.problem}.`);
  if (values.out === undefined) throw wrong("--out FILE is missing.");
  await writeFile(values.out, `${await signKeyset({ claims: plan.claims, signers: [] })}\n`, { flag: "wx" });
  print(summarise(plan.claims, []));
  print(`\nwritten to ${values.out}; sign it with "keyset sign" wherever its root keys lie`);
}

async function planFirst(ceremony: Ceremony): Promise<void> {
  const { values } = ceremony;
  const environment = values.environment ?? "production";
  if (values.platform === undefined) throw wrong("--platform ID is missing.");
  if (environment !== "production" && environment !== "development") throw wrong("--environment: no such environment.");
  const plan = planFirstKeyset({
    platform: values.platform,
    environment,
    policyKeys: await readAll(values.policy),
    rootKeys: await readAll(values.root),
    threshold: readThreshold(values) ?? 0,
    nowSeconds: seconds(),
  });
  await writePlan(ceremony, plan);
}

async function planNext(ceremony: Ceremony): Promise<void> {
  const { values, folder } = ceremony;
  const { claims } = await readKeyset(values.from ?? join(folder.dir, KEYSET_COPY));
  const threshold = readThreshold(values);
  const change = {
    addPolicyKeys: await readAll(values["add-policy"]),
    removePolicyKids: values["remove-policy"] ?? [],
    addRootKeys: await readAll(values["add-root"]),
    removeRootKids: values["remove-root"] ?? [],
    ...(threshold === undefined ? {} : { threshold }),
    raisesEpoch: values["raise-epoch"] === true,
  };
  await writePlan(ceremony, planNextKeyset(claims, change, seconds()));
}

/** Root keys that the next step may need: its own, and those of the keyset before it, which also have to agree. */
async function rootKeysConcerned({ folder }: Ceremony, claims: KeysetClaims): Promise<NamedKey[]> {
  const copy = await readIfPresent(join(folder.dir, KEYSET_COPY));
  const previous = copy === null ? [] : (readKeysetText(copy)?.rootKeys ?? []);
  return [...claims.rootKeys, ...previous.filter((key) => !claims.rootKeys.some(({ kid }) => kid === key.kid))];
}

async function sign(ceremony: Ceremony): Promise<void> {
  const { folder, words, print } = ceremony;
  const path = requireFile(words);
  const { text, claims } = await readKeyset(path);
  const own = await folder.list("root");
  const signed = signersOf(text, own);
  let next = text;
  // A signature that does not count does no harm (spec §4), so every root key of this folder signs.
  for (const { kid } of own.filter((key) => !signed.includes(key.kid))) {
    next = (await addKeysetSignature(next, { kid, sign: signWithRootKey(folder, kid) })) ?? next;
  }
  await writePrivateFile(path, `${next}\n`);
  print(summarise(claims, signersOf(next, await rootKeysConcerned(ceremony, claims))));
}

async function show(ceremony: Ceremony): Promise<void> {
  const { text, claims } = await readKeyset(requireFile(ceremony.words));
  ceremony.print(summarise(claims, signersOf(text, await rootKeysConcerned(ceremony, claims))));
}

async function publish({ folder, words, print }: Ceremony): Promise<void> {
  const { text, claims } = await readKeyset(requireFile(words));
  const inbox = join(folder.dir, INBOX);
  await makePrivateFolder(inbox);
  const path = join(inbox, `keyset-${String(claims.revision).padStart(16, "0")}.json`);
  await writePrivateFile(path, `${text}\n`);
  print(`handed to the server as ${path}; it becomes .published or .refused within seconds, or at the next start`);
}

function requireFile(words: string[]): string {
  const path = words[2];
  if (path === undefined) throw wrong("Which file?");
  return path;
}

const COMMANDS: Readonly<Record<string, (ceremony: Ceremony) => Promise<void>>> = {
  status,
  public: printPublic,
  "root create": (ceremony) => create("root", ceremony),
  "policy create": (ceremony) => create("policy", ceremony),
  "session create": createSession,
  "keyset first": planFirst,
  "keyset next": planNext,
  "keyset show": show,
  "keyset sign": sign,
  "keyset publish": publish,
};

function readArguments(args: readonly string[]) {
  const takesValue = (name: string) =>
    Object.hasOwn(OPTIONS, name) && OPTIONS[name as keyof typeof OPTIONS].type === "string";
  try {
    return parseArgs({ args: bindKeyIds(args, takesValue), options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw wrong(
      `${error instanceof Error ? error.message : String(error)}\nnpm run keys -- --help says how it is called.`,
    );
  }
}

/** Runs one step of the ceremony. It never opens the store: signed keysets are handed over through the key folder. */
export async function runKeysCommand(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
  print: (text: string) => void,
): Promise<void> {
  const { values, positionals } = readArguments(args);
  const name = positionals.slice(0, 2).join(" ");
  const command = COMMANDS[name] ?? COMMANDS[positionals[0] ?? ""];
  if (command === undefined || values.help === true) {
    print(USAGE);
    if (values.help !== true) throw wrong("No such command.");
    return;
  }
  const parsed = parseEnv(variables);
  if (!parsed.ok) throw wrong(parsed.problems.join("\n"));
  const dir = join(resolve(values.data ?? parsed.env.BULKHEAD_DATA ?? ".bulkhead"), "keys");
  // Only what makes something may make the secret that protects it.
  const protection = await (name.endsWith(" create") ? createProtectionSecret : findProtectionSecret)(dir, parsed.env);
  const folder = openKeyFolder({ dir, secret: protection?.secret ?? null, clock: systemClock });
  await command({ folder, values, words: positionals, print });
}

if (process.argv[1]?.endsWith("command.ts") === true) {
  // What is made here is its owner's alone.
  process.umask(0o077);
  runKeysCommand(process.argv.slice(2), process.env, (text) => process.stdout.write(`${text}\n`)).catch(
    (error: unknown) => {
      process.stderr.write(startFailureText(explainStartFailure(error), "Not done", ""));
      process.exit(1);
    },
  );
}
