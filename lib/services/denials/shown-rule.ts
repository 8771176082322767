/**
 * What of the documents a developer may see by a pointer that a device named. Devices name any: so what may be shown is
 * listed, and of the platform's document it is what met this very call.
 */

/** Parts of the program's own document that say nothing of others; who else may call it is not among them. */
const OWN_PARTS = ["hosts", "grants", "versions", "status", "epoch", "exp", "limits", "externalRoutes"];
/** Parts of the platform's document that are about many: a place or a name in one tells of others. */
const OF_MANY = ["blockedHosts", "suspended", "minRevisions"];

const tokensOf = (pointer: string): string[] => pointer.slice(1).split("/");

/** The pointer as far as it may be shown; null where nothing of it may. */
export function shownRule(rule: string | null): string | null {
  if (rule === null) return null;
  const [first = ""] = tokensOf(rule);
  if (OF_MANY.includes(first)) return `/${first}`;
  return OWN_PARTS.includes(first) || first === "minRuntime" ? rule : null;
}

/** A call as its denial tells of it, and the document of its layer. */
type Met = { layer: string; rule: string | null; appId: string; host: string | null };

/** The value that decided, where it may be shown; null elsewhere. `value` is what the pointer names. */
export function shownValue({ layer, rule, appId, host }: Met, value: unknown): unknown {
  if (rule === null) return null;
  const [first = "", second, ...more] = tokensOf(rule);
  if (layer !== "platform") return OWN_PARTS.includes(first) ? value : null;
  if (second === undefined || more.length > 0) return first === "epoch" || first === "exp" ? ofNumber(value) : null;
  switch (first) {
    case "blockedHosts":
      return typeof value === "string" && host !== null && isAtOrBelow(host, value) ? value : null;
    case "suspended":
      return value === appId ? value : null;
    case "minRevisions":
      return second === appId ? ofNumber(value) : null;
    case "minRuntime":
      return typeof value === "string" ? value : null;
    default:
      return null;
  }
}

const ofNumber = (value: unknown): number | null => (typeof value === "number" ? value : null);
const isAtOrBelow = (host: string, blocked: string): boolean => host === blocked || host.endsWith(`.${blocked}`);
