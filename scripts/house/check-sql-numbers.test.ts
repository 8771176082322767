import { describe, expect, it } from "vitest";
import { checkSqlNumbers } from "./check-sql-numbers";

describe("numbers that others choose", () => {
  it("are not narrowed by a cast in SQL", () => {
    for (const cast of ["sum(x)::int", "sum(x)::bigint", "(x->>'y') :: INT8", "cast(sum(x) as integer)"]) {
      expect(checkSqlNumbers("lib/services/x.ts", `sql\`${cast}\``), cast).toHaveLength(1);
    }
    expect(checkSqlNumbers("lib/services/x.ts", "sql`(x->'y')::numeric`")).toEqual([]);
  });

  it("are read past revoked devices alone", () => {
    expect(checkSqlNumbers("lib/services/x.ts", 'import { devices, events } from "@/db/schema";')).toHaveLength(1);
    expect(checkSqlNumbers("lib/services/x.ts", 'import { events as told } from "@/db/schema";')).toHaveLength(1);
    expect(checkSqlNumbers("lib/services/x.ts", 'import * as tables from "@/db/schema";')).toHaveLength(1);
    expect(checkSqlNumbers("lib/services/x.ts", 'import { type events } from "@/db/schema";')).toEqual([]);
    expect(checkSqlNumbers("lib/sync/telemetry/x.ts", 'import { events } from "@/db/schema";')).toEqual([]);
  });
});
