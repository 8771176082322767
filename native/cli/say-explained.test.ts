import { expect, it } from "vitest";
import { sayDetail } from "./say-explained";

it("says of a detail why, what was seen and wanted, where, and where to read on, and of any other thing what it is", () => {
  const detail = { path: "/body/role", code: "invalid_value", message: "No such role.", at: "/body/role" };
  expect(sayDetail({ ...detail, seen: "root", wanted: ["admin"], help: null })).toEqual([
    "No such role.",
    'saw "root", wanted ["admin"], at /body/role',
  ]);
  expect(sayDetail({ ...detail, at: null, seen: null, wanted: null, help: "errors/TAKEN" })).toEqual([
    "No such role.",
    "see bulkhead explain TAKEN",
  ]);
  expect(sayDetail({ path: "/a", code: "FORMAT" })).toEqual(['{"path":"/a","code":"FORMAT"}']);
  expect(sayDetail("a line")).toEqual(["a line"]);
});
