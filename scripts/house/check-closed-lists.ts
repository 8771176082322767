import { codeOf, isTest } from "./read-imports";

/**
 * A closed list: where it stands, its name, and the tables beside it that only sort its entries again, in the same file.
 */
export type ClosedList = { at: string; list: string; tables?: readonly string[] };

/** Lists whose every entry something writes, asks for or raises. An entry that nothing does is a promise that nobody keeps. */
export const CLOSED_LISTS: readonly ClosedList[] = [
  { at: "lib/audit/actions.ts", list: "AUDIT_ACTIONS" },
  { at: "lib/domain/roles.ts", list: "PERMISSIONS", tables: ["ROLE_PERMISSIONS"] },
  { at: "lib/domain/change-set-lifecycle.ts", list: "CHANGE_SET_VERBS" },
  { at: "lib/domain/change-set-lifecycle.ts", list: "VERB_REFUSALS" },
  { at: "lib/domain/widening.ts", list: "WIDENING_CODES" },
  { at: "lib/domain/kinds/kind.ts", list: "EDIT_REFUSALS" },
  { at: "lib/domain/lifecycles.ts", list: "CHANGE_SET_STATES" },
  { at: "lib/domain/lifecycles.ts", list: "CHANGE_DIRECTIONS" },
  { at: "lib/domain/lifecycles.ts", list: "VERSION_STATES" },
  { at: "lib/domain/lifecycles.ts", list: "PERSON_STATES" },
  { at: "lib/domain/lifecycles.ts", list: "SIGN_IN_LINK_PURPOSES" },
  { at: "lib/domain/lifecycles.ts", list: "SIGN_IN_GIVERS" },
  { at: "lib/domain/lifecycles.ts", list: "HELD_NARROWING_VERDICTS" },
  { at: "lib/platform/errors.ts", list: "ERROR_STATUS" },
  { at: "lib/platform/ids.ts", list: "ID_PREFIXES" },
  { at: "lib/services/change-sets/open-set.ts", list: "ISSUE_TEXT" },
  { at: "lib/contracts/stream.ts", list: "STREAM_TOPICS" },
  { at: "lib/domain/readiness-names.ts", list: "CHECKS" },
  { at: "native/host/api/host-error.ts", list: "PROGRAM_REFUSALS" },
  { at: "native/host/api/host-error.ts", list: "LIBRARY_REFUSALS" },
  { at: "lib/sync/keys/key-faults.ts", list: "KEY_FAULTS" },
  { at: "lib/sync/telemetry/judge-batch.ts", list: "REJECTION_CODES" },
  { at: "db/store-fault.ts", list: "STORE_FAULTS" },
  { at: "db/backup-fault.ts", list: "BACKUP_FAULTS" },
];

/** From a constant's name to the bracket that ends it at the beginning of a line, or on its own line. */
const declarationOf = (name: string) =>
  new RegExp(`\\bconst ${name}\\b[^=]*= (?:\\[[^\\n]*\\]|[[{]\\n[\\s\\S]*?\\n[\\]}])`);

/** The entries of a list, or the keys of a table, as its source has them; null where there is none of that name. */
function entriesOf(source: string, name: string): string[] | null {
  const text = declarationOf(name).exec(source)?.[0];
  if (text === undefined) return null;
  const isTable = /= \{/.test(text);
  const entry = isTable ? /^ {2}(?:"([^"]+)"|(\w+)):/gm : /"([^"]+)"/g;
  return [...text.matchAll(entry)].flatMap((match) => match[1] ?? match[2] ?? []);
}

/** Entries of closed lists that no source names outside the list, tests left aside; and lists that are not there. */
export function checkClosedLists(
  sources: readonly { file: string; source: string }[],
  lists: readonly ClosedList[] = CLOSED_LISTS,
): string[] {
  const production = sources.filter(
    ({ file }) => !isTest(file) && !file.startsWith("e2e/") && !file.startsWith("bench/"),
  );
  const codes = new Map(production.map(({ file, source }) => [file, codeOf(source)]));
  return lists.flatMap(({ at, list, tables = [] }) => {
    const own = codes.get(at) ?? "";
    const entries = entriesOf(own, list);
    if (entries === null || entries.length === 0) return [`${at}: has no closed list ${list}`];
    const rest = [list, ...tables].reduce((text, name) => text.replace(declarationOf(name), ""), own);
    const others = [...codes].map(([file, text]) => (file === at ? rest : text));
    return entries
      .filter((entry) => !others.some((text) => text.includes(`"${entry}"`)))
      .map((entry) => `${at}: nothing uses "${entry}" of ${list}`);
  });
}
