import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { BACKUP_FAULTS } from "@/db/backup-fault";
import { STORE_FAULTS } from "@/db/store-fault";
import { CHECK_NAMES } from "@/lib/domain/readiness-names";
import { START_FAULT_CODES } from "@/lib/platform/explain-start-failure";
import { KEY_FAULTS } from "@/lib/sync/keys/key-faults";
import { AUDIT_PROBLEMS } from "@/native/core/audit/problems";

const guide = readFileSync("docs/guides/operations.md", "utf8");
const isInRow = (code: string) => guide.split("\n").some((line) => line.startsWith(`| \`${code}\` |`));

it.each([
  ["a failed start", START_FAULT_CODES],
  ["readiness", CHECK_NAMES],
  ["the keys", Object.keys(KEY_FAULTS)],
  ["the store", Object.keys(STORE_FAULTS)],
  ["a backup", Object.keys(BACKUP_FAULTS)],
  ["the audit log", Object.keys(AUDIT_PROBLEMS)],
])("the operations guide has a row for every code of %s", (_, codes) => {
  expect(codes.length).toBeGreaterThan(0);
  expect(codes.filter((code) => !isInRow(code))).toEqual([]);
});
