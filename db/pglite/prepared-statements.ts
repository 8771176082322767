import { type PGlite, protocol, types } from "@electric-sql/pglite";
import type { Rows, Statement } from "../store-connection";
import { BYTES_AS_TEXT } from "./bytes-as-text";

/** Statements that the database keeps parsed; the one that was asked longest ago goes first. */
const KEPT_MAX = 256;
/** Longer ones are of lists without end, and hardly ever come twice. */
const KEPT_CHARACTERS_MAX = 8_000;
/** After so many statements all plans are made anew: nothing else tells this database that a table has grown since. */
const PLANS_LIVE_STATEMENTS = 1_000;

type Parser = (value: string, type?: number) => unknown;
type Field = { name: string; dataTypeID: number };
/** What the database answered of a statement; `name` is empty where it keeps it no longer than until the next one. */
type Described = { name: string; parameters: readonly number[]; fields: readonly Field[] };
type Message = { name: string; dataTypeIDs?: number[]; fields?: readonly unknown[] };

export type PreparedStatements = {
  /** Runs one statement with nobody in between; `isWithin` a transaction that is the caller's. Raises what the database raised. */
  query(statement: Statement, isWithin: boolean): Promise<Rows>;
  /** To be called outside of transactions now and then: makes plans anew where they are old. */
  renewPlans(): Promise<void>;
};

const { serialize } = protocol;

/** How many names were given in each session: a second connection to it, as tests open them, gives others. */
const given = new WeakMap<PGlite, number>();
function nameIn(client: PGlite): string {
  const count = (given.get(client) ?? 0) + 1;
  given.set(client, count);
  return `kept_${count}`;
}

/**
 * Asks a database by the statements' texts, and lets it keep those that come again: parsed once, planned once for a
 * thousand, and each a single message. The library's own `query` sends six, parses every time, and copies all parsers.
 * `parsers` are beside the library's own.
 */
export function createPreparedStatements(
  client: PGlite,
  parsers: Readonly<Record<number, Parser>>,
): PreparedStatements {
  const kept = new Map<string, Described>();
  const seenOnce = new Set<string>();
  /** Names of what is kept no more, and the database does not know that yet. */
  const dropped: string[] = [];
  const own: Record<number, Parser> = { ...client.parsers, [types.BYTEA]: BYTES_AS_TEXT.parse, ...parsers };
  const serializers: typeof client.serializers = { ...client.serializers, [types.BYTEA]: BYTES_AS_TEXT.serialize };
  let plannedAt = 0;

  const send = async (messages: readonly Uint8Array[]) =>
    // Safe: the names of a message say which of these fields it has.
    (await client.execProtocolStream(Buffer.concat(messages), { syncToFs: false })) as readonly Message[];

  /** Lets the oldest go where there is no room for one more. */
  function makeRoom(): void {
    const [oldest] = kept.keys();
    if (oldest !== undefined && kept.size >= KEPT_MAX) forget(oldest);
  }

  function forget(text: string): void {
    const described = kept.get(text);
    if (kept.delete(text) && described !== undefined) dropped.push(described.name);
  }

  async function learn(text: string): Promise<Described> {
    const isKept = seenOnce.delete(text);
    const name = isKept ? nameIn(client) : "";
    if (isKept) makeRoom();
    const answer = await send([
      ...dropped.splice(0).map((old) => serialize.close({ type: "S", name: old })),
      serialize.parse({ name, text }),
      serialize.describe({ type: "S", name }),
      serialize.sync(),
    ]);
    const parameters = answer.find((message) => message.name === "parameterDescription")?.dataTypeIDs ?? [];
    // Safe: a row description has fields, as the protocol says.
    const fields = (answer.find((message) => message.name === "rowDescription")?.fields ?? []) as readonly Field[];
    const described = { name, parameters, fields };
    if (isKept) kept.set(text, described);
    else if (text.length <= KEPT_CHARACTERS_MAX) {
      seenOnce.add(text);
      const [oldest] = seenOnce;
      if (seenOnce.size > KEPT_MAX && oldest !== undefined) seenOnce.delete(oldest);
    }
    return described;
  }

  function found(text: string): Described | undefined {
    const described = kept.get(text);
    if (described === undefined) return undefined;
    kept.delete(text);
    kept.set(text, described);
    return described;
  }

  const written = (value: unknown, type: number | undefined): string | null => {
    if (value === null || value === undefined) return null;
    const serializer = type === undefined ? undefined : serializers[type];
    return serializer === undefined ? String(value) : serializer(value);
  };

  async function run({ sql, params, rowMode }: Statement): Promise<Rows> {
    const { name, parameters, fields } = found(sql) ?? (await learn(sql));
    const values = params.map((value, index) => written(value, parameters[index]));
    const answer = await send([serialize.bind({ statement: name, values }), serialize.execute({}), serialize.sync()]);
    const rows: unknown[] = [];
    for (const message of answer) {
      if (message.name !== "dataRow") continue;
      // Safe: a row has one text or null for each field, as the protocol says.
      const texts = (message.fields ?? []) as readonly (string | null)[];
      const row = texts.map((text, index) => {
        const type = fields[index]?.dataTypeID ?? 0;
        const parser = own[type];
        return text === null || parser === undefined ? text : parser(text, type);
      });
      rows.push(
        rowMode === "array" ? row : Object.fromEntries(row.map((value, at) => [fields[at]?.name ?? "", value])),
      );
    }
    return { rows };
  }

  /** A statement whose tables were changed since answers other columns than it said: it is described again. */
  async function runAnew(statement: Statement, isWithin: boolean): Promise<Rows> {
    try {
      return await run(statement);
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code !== "0A000" && code !== "26000") throw error;
      forget(statement.sql);
      // What stands in a transaction that has failed is refused, and its next try asks anew.
      if (isWithin) throw error;
      return await run(statement);
    }
  }

  return {
    async query(statement, isWithin) {
      plannedAt += 1;
      if (isWithin) return await client.runExclusive(() => runAnew(statement, true));
      return await client._runExclusiveTransaction(async () => {
        const rows = await client.runExclusive(() => runAnew(statement, false));
        await client.syncToFs();
        return rows;
      });
    },
    async renewPlans() {
      if (plannedAt < PLANS_LIVE_STATEMENTS) return;
      plannedAt = 0;
      await client.exec("discard plans");
    },
  };
}
