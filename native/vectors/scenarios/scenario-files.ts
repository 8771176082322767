import { syncCases } from "./cases/10-sync";
import { refusalCases } from "./cases/20-refusals";
import { clockCases } from "./cases/30-clock";
import { diskCases } from "./cases/40-disk";
import { telemetryCases } from "./cases/50-telemetry";
import { createKit, type Kit } from "./kit";
import { playScenario, type ScenarioCase } from "./scenario";
import { TUF_ROWS } from "./tuf-rows";

const TOPICS: readonly (readonly [name: string, cases: (kit: Kit) => ScenarioCase[]])[] = [
  ["10-sync", syncCases],
  ["20-refusals", refusalCases],
  ["30-clock", clockCases],
  ["40-disk", diskCases],
  ["50-telemetry", telemetryCases],
];

/** Every scenario's file and their index, by their names; raises where a case does not end as it says. */
export async function scenarioFiles(): Promise<Map<string, string>> {
  const kit = await createKit();
  const files = new Map<string, string>();
  const seen = new Set<string>();
  const index = TOPICS.map(([name, cases]) => {
    const scenarios = cases(kit).map(playScenario);
    for (const { id } of scenarios) {
      if (seen.has(id)) throw new Error(`${name}: ${id} is used twice`);
      seen.add(id);
    }
    const texts = scenarios.map(({ steps, ...head }) => {
      const lines = steps.map((step) => `   ${JSON.stringify(step)}`).join(",\n");
      return `  ${JSON.stringify(head).slice(0, -1)},"steps":[\n${lines}\n  ]}`;
    });
    files.set(`scenarios/${name}.json`, `{\n "scenarios": [\n${texts.join(",\n")}\n ]\n}\n`);
    const faults = scenarios.filter(({ isFault }) => isFault).length;
    return { file: `${name}.json`, scenarios: scenarios.length, faults };
  });
  const unknown = TUF_ROWS.flatMap(({ scenarios }) => scenarios).filter((id) => !seen.has(id));
  if (unknown.length > 0) throw new Error(`no scenario is called ${unknown.join(", ")}`);
  const total = index.reduce((sum, { scenarios }) => sum + scenarios, 0);
  files.set("scenarios/index.json", `${JSON.stringify({ format: 1, total, files: index, tuf: TUF_ROWS }, null, 1)}\n`);
  return files;
}
