import { createHash, createPublicKey, verify } from "node:crypto";
import { isSamePosition, type Position } from "@/native/core/documents/position";
import type { Decided } from "./decisions";
import type { Row, Rows } from "./read-rows";
import type { Acknowledged } from "./simulated-device";

/** What the outside was told, and so must hold whatever happened to the machine. */
export type Told = {
  decisions: readonly Decided[];
  batches: readonly Acknowledged[];
  /** Requests of batches that were sent and not answered: they may have been counted, once. */
  unanswered?: readonly Acknowledged[];
};

/**
 * The invariants of a store after any fault, judged from its rows by means of this file alone: acknowledged decisions and
 * their audit entries are there exactly once, batches are counted exactly once, the audit chain is whole, revisions are
 * unique and rise, and every stored document verifies. Answers with what is broken, in words; nothing where all holds.
 */
export async function brokenInvariants(rows: Rows, told: Told): Promise<string[]> {
  return [
    ...(await checkDecisions(rows, told.decisions)),
    ...(await checkAudit(rows)),
    ...(await checkBatches(rows, told)),
    ...(await checkRevisions(rows)),
    ...(await checkSignatures(rows)),
  ];
}

const text = (row: Row | undefined, name: string) => String(row?.[name]);
const number = (row: Row | undefined, name: string) => Number(row?.[name]);
const positionIn = (row: Row | undefined, prefix = ""): Position => ({
  epoch: number(row, `${prefix}epoch`),
  revision: number(row, `${prefix}revision`),
});

async function checkDecisions(rows: Rows, decisions: readonly Decided[]): Promise<string[]> {
  const broken: string[] = [];
  const sets = await rows.query("select id, state, platform_epoch, platform_revision from change_sets");
  const entries = await rows.query("select change_set_id, action from audit_entries where change_set_id is not null");
  for (const { changeSetId, platform, action } of decisions) {
    const found = sets.filter((row) => row.id === changeSetId);
    if (found.length !== 1) broken.push(`decision ${changeSetId} is there ${found.length} times`);
    else if (text(found[0], "state") !== "published") broken.push(`${changeSetId} is ${text(found[0], "state")}`);
    else if (!isSamePosition(positionIn(found[0], "platform_"), platform))
      broken.push(`${changeSetId}: other revision`);
    const told = entries.filter((row) => row.change_set_id === changeSetId && row.action === action);
    if (told.length !== 1) broken.push(`${action} of ${changeSetId} stands ${told.length} times in the audit log`);
  }
  return broken;
}

const AUDIT_MEMBERS =
  "sequence, id, at, actor, action, subject, app_id, change_set_id, reason, before, after, request_id, previous_sha256, sha256";

async function checkAudit(rows: Rows): Promise<string[]> {
  const entries = await rows.query(`select ${AUDIT_MEMBERS} from audit_entries order by sequence`);
  let previous = "0".repeat(64);
  for (const [index, row] of entries.entries()) {
    if (number(row, "sequence") !== index + 1) return [`audit entry ${index + 1} is missing or stands twice`];
    if (row.previous_sha256 !== previous) return [`audit entry ${index + 1} names another predecessor`];
    const line = {
      sequence: index + 1,
      id: row.id,
      at: new Date(row.at as Date).toISOString(),
      actor: row.actor,
      action: row.action,
      subject: row.subject,
      appId: row.app_id,
      changeSetId: row.change_set_id,
      reason: row.reason,
      before: row.before,
      after: row.after,
      requestId: row.request_id,
      previousSha256: row.previous_sha256,
    };
    const own = createHash("sha256").update(sorted(line)).digest("hex");
    if (own !== row.sha256) return [`audit entry ${index + 1} is not what its digest says`];
    previous = own;
  }
  const [head] = await rows.query("select sequence, sha256 from audit_head");
  if (entries.length === 0) return head === undefined ? [] : ["the audit head tells of entries that are not there"];
  return number(head, "sequence") === entries.length && head?.sha256 === previous
    ? []
    : [`the audit head stands at ${text(head, "sequence")}, the log ends at ${entries.length}`];
}

/** JSON with sorted members: how audit entries are spelt for their digest. */
function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => sorted(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${sorted(item)}`).join(",")}}`;
}

const total = (batches: readonly Acknowledged[]) => {
  const sums = new Map<string, number>();
  for (const { deviceId, requests } of batches) sums.set(deviceId, (sums.get(deviceId) ?? 0) + requests);
  return sums;
};

async function checkBatches(rows: Rows, told: Told): Promise<string[]> {
  const counted = new Map(
    (
      await rows.query(
        `select device_id, sum(requests)::text as requests from (
           select device_id, requests from telemetry_minutes
           union all select s.device_id, m.requests from device_minutes m join telemetry_sources s on s.id = m.source
         ) as told group by device_id`,
      )
    ).map((row) => [text(row, "device_id"), number(row, "requests")]),
  );
  const unanswered = total(told.unanswered ?? []);
  return [...total(told.batches)].flatMap(([deviceId, requests]) => {
    const found = counted.get(deviceId) ?? 0;
    const most = requests + (unanswered.get(deviceId) ?? 0);
    return found >= requests && found <= most
      ? []
      : [`${deviceId}: ${requests} requests acknowledged, ${found} counted`];
  });
}

/**
 * Each document has a position of its own, and platform documents rise with the audit log: whatever the clock said, one
 * that knows of more decisions stands higher.
 */
async function checkRevisions(rows: Rows): Promise<string[]> {
  const documents = await rows.query(
    "select kind, app_id, epoch, revision, jws from documents order by kind, app_id, epoch, revision",
  );
  const broken: string[] = [];
  let last: Row | undefined;
  for (const row of documents) {
    const isSame = last !== undefined && last.kind === row.kind && last.app_id === row.app_id;
    const name = `${text(row, "kind")} ${text(row, "app_id")} ${text(row, "revision")}`;
    if (isSame && isSamePosition(positionIn(last), positionIn(row))) broken.push(`${name} is there twice`);
    if (isSame && row.kind === "platform" && auditedBefore(row) < auditedBefore(last)) broken.push(`${name} is late`);
    last = row;
  }
  return broken;
}

/** How many audit entries a platform document knows of. */
function auditedBefore(row: Row | undefined): number {
  const { auditHead } = payloadOf(row) as { auditHead: { sequence: number } };
  return auditHead.sequence;
}

const payloadOf = (row: Row | undefined): unknown =>
  JSON.parse(Buffer.from(text(row, "jws").split(".")[1] ?? "", "base64url").toString("utf8"));

type Keyset = { keys: { kid: string; jwk: { kty: string; crv: string; x: string; y: string } }[] };

async function checkSignatures(rows: Rows): Promise<string[]> {
  const keysets = await rows.query("select claims from keysets");
  const keys = new Map(keysets.flatMap(({ claims }) => (claims as Keyset).keys).map(({ kid, jwk }) => [kid, jwk]));
  const documents = await rows.query("select kind, app_id, epoch, revision, jws from documents");
  return documents.flatMap((row) => {
    const problem = verifyStored(row, keys);
    return problem === null ? [] : [`${text(row, "kind")} ${text(row, "app_id")} ${text(row, "revision")}: ${problem}`];
  });
}

function verifyStored(row: Row, keys: ReadonlyMap<string, Keyset["keys"][number]["jwk"]>): string | null {
  const [header = "", payload = "", signature = ""] = text(row, "jws").split(".");
  const { kid } = JSON.parse(Buffer.from(header, "base64url").toString("utf8")) as { kid: string };
  const jwk = keys.get(kid);
  if (jwk === undefined) return "signed by a key that no keyset names";
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const bytes = Buffer.from(signature, "base64url");
  if (!verify("sha256", Buffer.from(`${header}.${payload}`), { key, dsaEncoding: "ieee-p1363" }, bytes)) {
    return "its signature is wrong";
  }
  return isSamePosition(payloadOf(row) as Position, positionIn(row)) ? null : "its row says another position";
}
