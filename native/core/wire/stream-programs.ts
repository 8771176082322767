import { isAppId } from "../manifest/app-id";

/** How many programs a stream may name, and in how many characters (spec 7.16): servers in between bound a request's line. */
export const STREAM_PROGRAMS_MAX = 64;
export const STREAM_PROGRAMS_CHARS_MAX = 4_096;

/** The programs that a stream is asked for by name: all of these, or null where they are too many; it then tells of every program. */
export function namedPrograms(programs: readonly string[]): readonly string[] | null {
  const fits = programs.length <= STREAM_PROGRAMS_MAX && programs.join().length <= STREAM_PROGRAMS_CHARS_MAX;
  return fits ? programs : null;
}

/**
 * Reads the values of `programs` in a stream's query: null where there is none, and every program is told of. Undefined
 * where they are not one list within the bounds, of app ids alone. Whether there are such programs is not asked.
 */
export function readStreamPrograms(values: readonly string[]): ReadonlySet<string> | null | undefined {
  const [list, ...others] = values;
  if (list === undefined) return null;
  if (others.length > 0 || list.length > STREAM_PROGRAMS_CHARS_MAX) return undefined;
  const programs = list === "" ? [] : list.split(",");
  return programs.length <= STREAM_PROGRAMS_MAX && programs.every(isAppId) ? new Set(programs) : undefined;
}
