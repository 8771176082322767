import type { RouteDescription } from "@/lib/http/route-description";
import { ERROR_STATUS } from "@/lib/platform/errors";
import { pageFile } from "./error-pages";

const DOORS = [
  ["/api/runtime/", "Devices", "by the token that their key gets them (spec §7)"],
  ["/api/publisher/", "Publishers' tools", "by a bearer token of the publisher"],
  ["/api/console/", "The console", "by the session of somebody who signed in, and a permission"],
  ["/api/", "Others", "monitors and whoever reads the interface"],
] as const;

/** What can be asked over HTTP, from the descriptions that the handlers themselves are made of. */
export function httpGuide(routes: readonly RouteDescription[]): string {
  const left = new Set(routes);
  const sections = DOORS.flatMap(([prefix, name, who]) => {
    const own = [...left].filter(({ path }) => path.startsWith(prefix)).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    for (const route of own) left.delete(route);
    return ["", `## ${name}`, `Asked ${who}.`, "", "| call | does | who may |", "|---|---|---|", ...own.map(rowOf)];
  });
  return `${[
    "# The HTTP interface",
    "`GET /api/openapi.json` of a running server is the same with every shape. Made from the routes' own descriptions: `npx tsx scripts/docs/write.ts`.",
    "",
    'A refusal is `{ "requestId", "error": { "code", "message", "help", "details"? } }` with one of these codes; each of `details` explains itself as spec',
    "7.4 says.",
    "",
    "| code | status |",
    "|---|---|",
    ...Object.entries(ERROR_STATUS).map(
      ([code, status]) => `| [\`${code}\`](../${pageFile(code).replace("docs/", "")}) | ${status} |`,
    ),
    ...sections,
  ].join("\n")}\n`;
}

const keyOf = ({ path, method }: RouteDescription) => `${path} ${method}`;

function rowOf({ method, path, summary, actor, permission }: RouteDescription): string {
  const may = permission === null ? actor : [permission].flat().join(" or ");
  return `| \`${method} ${path}\` | ${summary.replaceAll("|", "\\|")} | ${may} |`;
}
