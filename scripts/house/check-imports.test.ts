import { describe, expect, it } from "vitest";
import { checkFile } from "./check-imports";
import { checkParts } from "./check-parts";
import { importsOf } from "./read-imports";

describe("import zones", () => {
  it("catch a forbidden edge in every spelling", () => {
    for (const source of [
      'import { openStore } from "@/db/open-store";',
      'import type { Store } from "../../db/store";',
      'export { openStore } from "@/db/open-store";',
      'const store = await import("@/db/open-store");',
      'import "@/db/open-store";',
      'import {\n  openStore,\n} from "@/db/open-store";',
    ]) {
      expect(checkFile("lib/domain/narrowing.ts", source), source).toHaveLength(1);
    }
  });

  it("keep node built-ins out of the core and drizzle out of routes", () => {
    expect(checkFile("native/core/json/parse-json.ts", 'import { readFileSync } from "node:fs";')).toHaveLength(1);
    expect(checkFile("app/(console)/programs/page.tsx", 'import { eq } from "drizzle-orm";')).toHaveLength(1);
    expect(checkFile("native/host/egress/resolve.ts", 'import { lookup } from "node:dns";')).toHaveLength(0);
  });

  it("let nobody import from app", () => {
    expect(checkFile("components/ui/button.tsx", 'import { x } from "@/app/actions";')).toHaveLength(1);
    expect(checkFile("scripts/screenshots.ts", 'import { x } from "../app/actions";')).toHaveLength(1);
  });

  it("keep sibling features apart, change sets from submissions, and engines from their confinement", () => {
    for (const [file, specifier] of [
      ["components/features/people/charts.tsx", "@/components/features/programs/access-table"],
      ["lib/services/change-sets/approve-change-set.ts", "../submissions/approve-submission"],
      ["native/host/engines/engine.ts", "../confinement/reachable-files"],
    ] as const) {
      const named = checkParts([{ file, source: `import { x } from "${specifier}";` }]).map((fault) => fault.file);
      expect(
        named.filter((name) => name === file),
        file,
      ).toHaveLength(1);
    }
  });

  it("keep an engine's inside to itself", () => {
    const source = 'import { scriptEngine } from "../engines/script/script-engine";';
    expect(checkFile("native/host/program/program-runner.ts", source)).toHaveLength(1);
    expect(checkFile("native/host/confinement/probe-confinement.ts", source)).toHaveLength(1);
    expect(checkFile("native/host/engines/known-engines.ts", 'import "./script/script-engine";')).toHaveLength(0);
  });

  it("pass what the table allows, and read no comments", () => {
    expect(checkFile("lib/services/x.ts", 'import { people } from "@/db/schema";')).toHaveLength(0);
    expect(importsOf('// import { x } from "@/db/store";\n/* import "next" */\nconst a = 1;')).toEqual([]);
  });
});
