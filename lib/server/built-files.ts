import { createReadStream, existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import type { NodeHandler } from "./http-face";

/** Where Next's build puts what pages load, and under which address it serves that. */
const FOLDER = join(".next", "static");
const PREFIX = "/_next/static/";
/** What the build left of a file, packed once (`scripts/pack-files.ts`). */
const PACKED = ".br";
const TYPES: Readonly<Record<string, string>> = {
  ".js": "application/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

type BuiltFile = { path: string; bytes: number; type: string };

/**
 * The packed files of the pages' build, which are sent as they lie there: no thread packs them anew for each browser. Answers null
 * for every other request, and for whoever does not take them packed. Names are those that stand in the folder at the
 * start, so that no address leads elsewhere.
 */
export async function findBuiltFiles(dir: string): Promise<(request: BuiltRequest) => NodeHandler | null> {
  const files = await listPacked(join(dir, FOLDER));
  return ({ method, url, headers }) => {
    if (method !== "GET" && method !== "HEAD") return null;
    const file = files.get(url?.split("?", 1)[0] ?? "");
    if (file === undefined || !takesBrotli(headers["accept-encoding"])) return null;
    return async (_, response) => {
      response.writeHead(200, {
        "content-type": file.type,
        "content-encoding": "br",
        "content-length": file.bytes,
        // Their names have a digest of what is in them.
        "cache-control": "public, max-age=31536000, immutable",
        vary: "accept-encoding",
        "x-content-type-options": "nosniff",
      });
      if (method === "HEAD") {
        response.end();
        return;
      }
      // Whoever hangs up, or whose file a build has taken away meanwhile, sees it end early.
      await pipeline(createReadStream(file.path), response).catch(() => response.destroy());
    };
  };
}

type BuiltRequest = Pick<Parameters<NodeHandler>[0], "method" | "url" | "headers">;

async function listPacked(folder: string): Promise<Map<string, BuiltFile>> {
  const files = new Map<string, BuiltFile>();
  // There is none where pages were never built.
  if (!existsSync(folder)) return files;
  for (const entry of await readdir(folder, { recursive: true })) {
    if (!entry.endsWith(PACKED)) continue;
    const name = entry.slice(0, -PACKED.length);
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const path = join(folder, entry);
    const address = name.split(sep).map(encodeURIComponent).join("/");
    files.set(PREFIX + address, { path, bytes: (await stat(path)).size, type });
  }
  return files;
}

/** Whether it is named there, and not as what is refused (`br;q=0`). */
function takesBrotli(accepted: string | string[] | undefined): boolean {
  return String(accepted ?? "")
    .split(",")
    .some((one) => /^\s*br\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(one));
}
