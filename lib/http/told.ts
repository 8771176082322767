/**
 * What a handler tells the server in front of it for the line that a request leaves in the log: the route's pattern and
 * the id of whoever asked. That server takes them off, and nobody outside sees them.
 */
export const TOLD_HEADERS = { route: "x-bulkhead-route", actor: "x-bulkhead-actor" } as const;
export type Told = { route: string | null; actor: string | null };

const NAMES: ReadonlySet<string> = new Set(Object.values(TOLD_HEADERS));

/** Whether a header of an answer is for the server in front alone. */
export function isToldHeader(name: string): boolean {
  return NAMES.has(name);
}

/** What an answer tells; null where its handler did not say. */
export function toldOf(read: (name: string) => string | null | undefined): Told {
  return { route: read(TOLD_HEADERS.route) ?? null, actor: read(TOLD_HEADERS.actor) ?? null };
}
