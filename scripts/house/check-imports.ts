import { checkParts } from "./check-parts";
import { ROOMS, type Room } from "./import-rules";
import { type ImportFault, importsOf, isTest, projectPath } from "./read-imports";

const matches = (name: string, pattern: string): boolean =>
  pattern.endsWith("/") || pattern.endsWith(":") ? name.startsWith(pattern) : name === pattern;

/** What one file imports against the rules of its room. Tests may import the test support of `db/testing` besides. */
export function checkFile(file: string, source: string, rooms: readonly Room[] = ROOMS): ImportFault[] {
  const room = rooms.find(({ files }) => files.some((prefix) => file.startsWith(prefix)));
  if (room === undefined) return [];
  const faults: ImportFault[] = [];
  for (const specifier of importsOf(source)) {
    const path = projectPath(file, specifier);
    if (path === null) {
      const excepted = room.except?.some(
        (entry) => entry.file === file && entry.packages.some((p) => matches(specifier, p)),
      );
      if (!isTest(file) && !excepted && room.never?.some((pattern) => matches(specifier, pattern))) {
        faults.push({ file, specifier, why: `${room.room} never imports ${specifier}` });
      }
      continue;
    }
    if (path.startsWith("app/") && room.room !== "app") {
      faults.push({ file, specifier, why: "nothing outside app/ imports from app/" });
      continue;
    }
    const closed = rooms.flatMap((each) => each.closed ?? []).find(({ folder }) => path.startsWith(folder));
    if (closed !== undefined && !isTest(file) && !closed.to.some((prefix) => file.startsWith(prefix))) {
      faults.push({ file, specifier, why: `${closed.folder} is known to ${closed.to.join(", ")} alone` });
      continue;
    }
    const allowed = [...room.may, ...(isTest(file) ? TEST_ROOMS : [])];
    if (!allowed.some((prefix) => path.startsWith(prefix))) {
      faults.push({ file, specifier, why: `${room.room} may import ${room.may.join(", ")}` });
    }
  }
  return faults;
}

const TEST_ROOMS = ["db/", "lib/", "native/"] as const;

/** Every file against the rules of its room, and the parts of every room against each other. */
export function checkImports(sources: readonly { file: string; source: string }[]): ImportFault[] {
  return [...sources.flatMap(({ file, source }) => checkFile(file, source)), ...checkParts(sources)];
}
