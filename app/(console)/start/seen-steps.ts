import type { DeviceList } from "@/lib/contracts/devices";
import type { ProgramList } from "@/lib/contracts/programs";
import type { PublisherList } from "@/lib/contracts/publishers";
import { plural } from "@/lib/format/count";

/** The steps to the first program that runs, in order. */
export type StepName = "publisher" | "key" | "program" | "version" | "listed" | "device" | "runs";
/** What is seen of each; `says` is what was found, null where nothing was. */
export type Seen = Record<StepName, { isDone: boolean; says: string | null }>;

type Lists = { publishers: PublisherList; programs: ProgramList; devices: DeviceList };

/** What the console itself sees of each step. Nothing is remembered: what was taken back is open again. */
export function seenSteps({ publishers, programs, devices }: Lists): Seen {
  const step = (count: number, says: string) => ({ isDone: count > 0, says: count > 0 ? says : null });
  const [publisher] = publishers.items;
  const [program] = programs.items;
  const keys = publishers.items.flatMap((one) => one.keys.filter(({ status }) => status === "active")).length;
  const { live, waiting } = programs.counts;
  const running = programs.items.filter(({ devices24h }) => devices24h > 0);
  return {
    publisher: step(
      publishers.total,
      publishers.total === 1 ? (publisher?.name ?? "") : plural(publishers.total, "publisher"),
    ),
    key: step(keys, plural(keys, "active key")),
    program: step(programs.total, programs.total === 1 ? (program?.name ?? "") : plural(programs.total, "program")),
    version: step(live + waiting, live > 0 ? `${live} handed in and live` : `${waiting} waiting`),
    listed: step(live, `${live} live`),
    device: step(devices.counts.enrolled, plural(devices.counts.enrolled, "device")),
    runs: step(running.length, running[0]?.name ?? ""),
  };
}
