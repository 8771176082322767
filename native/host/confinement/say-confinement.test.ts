import { expect, it } from "vitest";
import { CONFINEMENT_LAYERS } from "../../core/confinement/layers";
import type { LayerReport } from "./confinement-layers";
import { sayConfinement } from "./say-confinement";

function said(layers: readonly LayerReport[], waived: readonly string[] = []) {
  const lines: { level: string; event: string; fields: Record<string, unknown> }[] = [];
  sayConfinement(layers, waived, (level, event, fields = {}) => lines.push({ level, event, fields }));
  return lines;
}
const layersWithout = (...missing: string[]): LayerReport[] =>
  CONFINEMENT_LAYERS.map((name) =>
    missing.includes(name) ? { name, active: false, reason: "EPERM" } : { name, active: true },
  );

it("a host without any layer says so though every one of them was waived", () => {
  const [line] = said(layersWithout(...CONFINEMENT_LAYERS), CONFINEMENT_LAYERS);
  expect(line).toMatchObject({ level: "warn", event: "confinement_degraded" });
  for (const name of CONFINEMENT_LAYERS) {
    expect(line?.fields.missing).toContain(name);
    expect(String(line?.fields.open)).toContain(`${name}: `);
    expect(line?.fields.waived).toContain(name);
  }
});

it("a layer that no program starts without is an error, with its reason", () => {
  const [line] = said(layersWithout("seccomp", "cgroup"));
  expect(line).toMatchObject({
    level: "error",
    fields: { missing: "seccomp, cgroup", noProgramStartsWithout: "seccomp" },
  });
  expect(String(line?.fields.open)).toContain("(EPERM)");
});

it("a layer that was not looked at is not there", () => {
  expect(said([])[0]).toMatchObject({ level: "error" });
});

it("a whole confinement is one quiet line", () => {
  expect(said(layersWithout())).toEqual([{ level: "info", event: "confinement_whole", fields: { layers: 17 } }]);
});
