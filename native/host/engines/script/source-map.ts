import { SourceMap } from "node:module";
import { boundText } from "../../../core/text/plain-text";

/** A program's source without its map, and where a place in it was written; both as the bundle has them, so not to be trusted. */
export type MappedSource = {
  code: string;
  /** `file:line:column` as it was written, of a line and column from 1; undefined where no map tells. */
  placeOf(line: number, column: number): string | undefined;
};

const COMMENT = "//# sourceMappingURL=";
const INLINE = /^data:application\/json;(?:charset=utf-8;)?base64,([A-Za-z0-9+/]+=*)\s*$/;
const FILE_UNITS_MAX = 200;

/** Takes the map off that stands in the last line of a source. It is read when it is first asked, in this process. */
export function takeSourceMap(source: string): MappedSource {
  const at = source.lastIndexOf(COMMENT);
  const [, base64] = (at < 0 ? null : INLINE.exec(source.slice(at + COMMENT.length))) ?? [];
  if (base64 === undefined) return { code: source, placeOf: () => undefined };
  let map: SourceMap | null | undefined;
  return {
    code: source.slice(0, at),
    placeOf(line, column) {
      map = map === undefined ? readMap(base64) : map;
      return map === null ? undefined : findPlace(map, line, column);
    },
  };
}

function findPlace(map: SourceMap, line: number, column: number): string | undefined {
  const entry = map.findEntry(line - 1, column - 1);
  if (!("originalSource" in entry) || typeof entry.originalSource !== "string") return undefined;
  const file = boundText(entry.originalSource, FILE_UNITS_MAX);
  return `${file}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}

/** Null for what is no map: errors are then told by the places that the engine knows. */
function readMap(base64: string): SourceMap | null {
  try {
    const map = new SourceMap(JSON.parse(Buffer.from(base64, "base64").toString("utf8")));
    map.findEntry(0, 0);
    return map;
  } catch {
    return null;
  }
}

/** The source with its map in the last line, where the bundle has the map in the file beside it that the last line names. */
export function withSourceMap(source: Uint8Array, fileName: string, map: Uint8Array | undefined): Uint8Array {
  if (map === undefined) return source;
  const named = Buffer.from(`${COMMENT}${fileName}.map`);
  const at = Buffer.from(source).lastIndexOf(named);
  const isLast =
    at >= 0 &&
    Buffer.from(source.subarray(at + named.length))
      .toString("latin1")
      .trim() === "";
  if (!isLast) return source;
  const inline = `${COMMENT}data:application/json;base64,${Buffer.from(map).toString("base64")}`;
  return new Uint8Array(Buffer.concat([source.subarray(0, at), Buffer.from(inline)]));
}
