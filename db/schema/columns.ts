import { bigint, customType, timestamp } from "drizzle-orm/pg-core";

/** An instant, with zone. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** A whole number up to 2^53−1, read as a JavaScript number. */
export const whole = (name: string) => bigint(name, { mode: "number" });

/**
 * A whole number up to 2^53−1 that is mostly small, in the few bytes that it needs, 3 to 11, and beside no boundary: for tables
 * of which there are millions of rows.
 */
export const compactWhole = customType<{ data: number; driverData: string }>({
  dataType: () => "numeric",
  toDriver: String,
  fromDriver: Number,
});

/** Raw bytes. Both drivers answer with a Uint8Array or a Buffer; readers get a Uint8Array. */
export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "bytea",
  toDriver: (value) => value,
  fromDriver: (value) => (value instanceof Uint8Array ? value : new Uint8Array(value as ArrayBuffer)),
});

/**
 * Any JSON value. Drizzle's own `jsonb` parses a text value once more when it reads it, so that the string "12" would
 * come back as a number; this one gives back what was stored. SQL null and JSON null are one.
 */
export const json = customType<{ data: unknown; driverData: unknown }>({
  dataType: () => "jsonb",
  toDriver: (value) => JSON.stringify(value),
  fromDriver: (value) => value,
});

const MINUTES_A_DAY = 1440;

/** The minutes of a day, one bit each, the first one leftmost; written and read as text of zeros and ones. */
export const minutesOfDay = customType<{ data: string }>({ dataType: () => `bit(${MINUTES_A_DAY})` });

/** Those minutes of a day, 0 … 1439, as such a column takes them. */
export const minutesAsBits = (minutes: ReadonlySet<number>): string =>
  Array.from({ length: MINUTES_A_DAY }, (_, minute) => (minutes.has(minute) ? "1" : "0")).join("");
