import { describe, expect, it } from "vitest";
import { checkSqlNumbers } from "./check-sql-numbers";

describe("numbers that others choose", () => {
  it("are not narrowed by a cast in SQL", () => {
    expect(checkSqlNumbers("lib/services/x.ts", "sql`sum(x)::int`")).toHaveLength(1);
    expect(checkSqlNumbers("lib/services/x.ts", "sql`sum(x)::bigint`")).toEqual([]);
  });

  it("are read past revoked devices alone", () => {
    expect(checkSqlNumbers("lib/services/x.ts", 'import { devices, events } from "@/db/schema";')).toHaveLength(1);
    expect(checkSqlNumbers("lib/services/x.ts", 'import { type events } from "@/db/schema";')).toEqual([]);
    expect(checkSqlNumbers("lib/sync/telemetry/x.ts", 'import { events } from "@/db/schema";')).toEqual([]);
  });
});
