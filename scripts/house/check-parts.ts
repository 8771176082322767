import { ROOMS, type Room } from "./import-rules";
import { type ImportFault, importsOf, isTest, projectPath } from "./read-imports";

type Source = { file: string; source: string };
/** One import from a part of a room into another part of it. */
type Edge = { from: string; to: string; file: string; specifier: string };

/** The folder (`keys/`) or file (`signer`) of a room that a path inside it lies in. */
function partOf(inner: string, folders: ReadonlySet<string>): string {
  const [first = "", ...rest] = inner.split("/");
  const isFolder = rest.length > 0 || folders.has(`${first}/`);
  return isFolder ? `${first}/` : first.replace(/\.tsx?$/, "");
}

/** The imports between the parts of one folder of a room, tests left aside. */
function edgesIn(folder: string, sources: readonly Source[]): { parts: Set<string>; edges: Edge[] } {
  const own = sources.filter(({ file }) => file.startsWith(folder) && !isTest(file));
  const inner = (path: string) => path.slice(folder.length);
  const folders = new Set(
    own.flatMap(({ file }) => (inner(file).includes("/") ? [partOf(inner(file), new Set())] : [])),
  );
  const edges = own.flatMap(({ file, source }) =>
    importsOf(source).flatMap((specifier) => {
      const path = projectPath(file, specifier);
      if (path === null || !path.startsWith(folder)) return [];
      const edge = { from: partOf(inner(file), folders), to: partOf(inner(path), folders), file, specifier };
      return edge.from === edge.to ? [] : [edge];
    }),
  );
  return { parts: new Set(own.map(({ file }) => partOf(inner(file), folders))), edges };
}

function checkOrder(room: Room, order: NonNullable<Room["order"]>, parts: ReadonlySet<string>, edges: readonly Edge[]) {
  const lines = new Map(order.flatMap((line, index) => line.map((part) => [part, index] as const)));
  const lineOf = (part: string) => lines.get(part) ?? lines.get("*");
  const faults: ImportFault[] = [];
  for (const part of parts) {
    if (lineOf(part) === undefined) {
      faults.push({ file: room.room, specifier: part, why: "the room's order does not say where it stands" });
    }
  }
  for (const part of lines.keys()) {
    if (part !== "*" && !parts.has(part)) {
      faults.push({ file: room.room, specifier: part, why: "the room's order names it, and it is not there" });
    }
  }
  for (const { from, to, file, specifier } of edges) {
    const [own, other] = [lineOf(from), lineOf(to)];
    if (own !== undefined && other !== undefined && other >= own) {
      faults.push({ file, specifier, why: `in the order of ${room.room}, ${from} does not know ${to}` });
    }
  }
  return faults;
}

/** The imports of one shortest circle through an edge; null where nothing leads back. */
function circleThrough(edge: Edge, edges: readonly Edge[]): Edge[] | null {
  const ways: Edge[][] = [[edge]];
  const seen = new Set([edge.to]);
  for (const way of ways) {
    const at = way.at(-1)?.to;
    if (at === edge.from) return way;
    for (const next of edges) {
      if (next.from !== at || seen.has(next.to)) continue;
      seen.add(next.to);
      ways.push([...way, next]);
    }
  }
  return null;
}

function checkCircles(room: Room, edges: readonly Edge[]): ImportFault[] {
  const faults: ImportFault[] = [];
  const told = new Set<string>();
  for (const edge of edges) {
    if (told.has(edge.from)) continue;
    const circle = circleThrough(edge, edges);
    if (circle === null) continue;
    for (const { from } of circle) told.add(from);
    const why = `a circle in ${room.room}: ${[...circle.map(({ from }) => from), edge.from].join(" → ")}`;
    faults.push(...circle.map(({ file, specifier }) => ({ file, specifier, why })));
  }
  return faults;
}

/** What the parts of each room import of each other, against the room's order, and their circles. */
export function checkParts(sources: readonly Source[], rooms: readonly Room[] = ROOMS): ImportFault[] {
  return rooms.flatMap((room) =>
    room.files
      .filter((prefix) => prefix.endsWith("/"))
      .flatMap((folder) => {
        const { parts, edges } = edgesIn(folder, sources);
        const faults = room.order === undefined ? [] : checkOrder(room, room.order, parts, edges);
        return [...faults, ...checkCircles(room, edges)];
      }),
  );
}
