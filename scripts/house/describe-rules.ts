import { SOCKET_RULES, type SocketRule } from "./check-sockets";
import { NODE, ROOMS, type Room, STORE, WEB } from "./import-rules";

const code = (names: readonly string[]): string => names.map((name) => `\`${name.replace(/\/$/, "")}\``).join(", ");

/** Groups of packages by the name that people know them by. */
const GROUPS = [
  { packages: NODE, named: "Node's own modules" },
  { packages: WEB, named: "Next and React" },
  { packages: STORE, named: "Drizzle and the drivers" },
] as const;

function neverOf({ never = [], except = [] }: Room): string {
  const groups = GROUPS.filter(({ packages }) => packages.every((name) => never.includes(name)));
  const grouped = new Set<string>(groups.flatMap(({ packages }) => packages));
  const others = new Set(never.filter((name) => !grouped.has(name)).map((name) => name.replace(/\/$/, "")));
  const all = [...groups.map(({ named }) => named), ...(others.size > 0 ? [code([...others])] : [])].join("; ");
  const excepted = except.map(({ file, packages }) => `\`${file}\` may import ${code(packages)}`);
  return [all, ...excepted].join("; but ");
}

function rowOf(room: Room): string {
  const others = room.may
    .filter((prefix) => !room.files.includes(prefix))
    .map((prefix) => (prefix.endsWith("/") ? prefix : `${prefix}.ts`));
  const cells = [code(room.files), room.is, others.length > 0 ? code(others) : "nothing", neverOf(room)];
  return `| ${cells.join(" | ")} |`;
}

/** The rules of the rooms in words, as docs/architecture.md carries them; the house check compares the two. */
export function describeRules(rooms: readonly Room[] = ROOMS, sockets: readonly SocketRule[] = SOCKET_RULES): string {
  const orders = rooms.flatMap(({ room, order = [] }) => {
    const lines = order.map((line) => (line[0] === "*" ? "everything else" : code(line)));
    return lines.length > 0 ? [`- \`${room}\`: ${lines.join(" → ")}`] : [];
  });
  const closed = rooms.flatMap(({ closed = [] }) =>
    closed.map(({ folder, to }) => `- \`${folder.replace(/\/$/, "")}\` is known to ${code(to)} alone`),
  );
  return [
    "| room | what it is | may import beside itself | never |",
    "|---|---|---|---|",
    ...rooms.map(rowOf),
    "",
    "Inside a room its folders and files import each other in no circle. Where a room has an order, each of its lines may",
    "import the lines before it, and the parts of one line know nothing of each other:",
    "",
    ...orders,
    "",
    "Some folders are closed to the rest of their room, and to the others:",
    "",
    ...closed,
    "",
    "Sockets are opened here and nowhere else; whoever else needs the network is handed one of these:",
    "",
    "| where | by | what for |",
    "|---|---|---|",
    ...sockets.map(({ at, ways, why }) => `| ${code([at])} | ${code(ways)} | ${why} |`),
  ].join("\n");
}

const MARKS =
  /(<!-- made from scripts\/house, by npx tsx scripts\/house\/check\.ts --write -->\n)[\s\S]*?(\n<!-- end -->)/;

/** A text with what stands between its marks made anew; null where it has no marks. */
export function withRules(text: string, rules: string): string | null {
  return MARKS.test(text) ? text.replace(MARKS, (_, begin: string, end: string) => `${begin}${rules}${end}`) : null;
}
