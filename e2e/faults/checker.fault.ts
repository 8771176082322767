import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { beforeAll, expect, it } from "vitest";
import { type Decided, narrowLimit, widenHost } from "./decisions";
import { APP, copyOfData, freshFolder, kill, startWithProgram } from "./fault-server";
import { brokenInvariants } from "./invariants";
import { rowsOfFolder } from "./read-rows";
import { type Acknowledged, enrolDevice } from "./simulated-device";

let dataDir: string;
const told: { decisions: Decided[]; batches: Acknowledged[] } = { decisions: [], batches: [] };
beforeAll(async () => {
  const server = await startWithProgram(freshFolder());
  told.decisions.push(await widenHost(server, APP, "kept.example.com"));
  told.decisions.push(await narrowLimit(server.operator, APP, 100_000_000));
  const device = await enrolDevice(() => server.url, server.operator, { name: "faithful", appIds: [APP] });
  await device.pull();
  const batch = await device.report(7);
  if (batch !== null) told.batches.push(batch);
  await kill(server);
  dataDir = server.dataDir;
}, 240_000);

/** What the checker finds after the rows were changed behind everybody's back. */
async function brokenAfter(statement: string): Promise<string> {
  const copy = copyOfData(dataDir);
  const client = await PGlite.create(join(copy, "store"));
  await client.exec(`set session_replication_role = replica; ${statement}`);
  await client.close();
  const rows = await rowsOfFolder(copy);
  try {
    return (await brokenInvariants(rows, told)).join("\n");
  } finally {
    await rows.close();
  }
}

const newest = "(select id from documents where kind = 'platform' order by epoch desc, revision desc limit 1)";

it.each([
  ["nothing", "select 1", /^$/],
  ["a decision that is gone", "delete from change_sets", /is there 0 times/],
  ["a decision that is undone", "update change_sets set state = 'approved'", /is approved/],
  [
    "an audit entry that is gone",
    "delete from audit_entries where action = 'changeSet.narrow'",
    /0 times in the audit/,
  ],
  ["an audit entry that says something else", "update audit_entries set reason = 'x'", /not what its digest says/],
  ["a log that ends early", "update audit_head set sequence = sequence + 1", /audit head stands at/],
  ["a batch that is gone", "delete from telemetry_minutes", /7 requests acknowledged, 0 counted/],
  [
    "a batch that is counted twice",
    "update telemetry_minutes set requests = 14",
    /7 requests acknowledged, 14 counted/,
  ],
  ["a document under another revision", `update documents set revision = 900 where id = ${newest}`, /another position/],
  [
    "a document that nobody signed",
    `update documents set jws = regexp_replace(jws, '^([^.]+[.])[^.]+', '\\1' || (select split_part(jws, '.', 2) from documents where kind = 'platform' order by revision limit 1)) where id = ${newest}`,
    /signature is wrong/,
  ],
])("the checker of these tests sees %s", async (_, statement, found) => {
  expect(await brokenAfter(statement)).toMatch(found);
});
