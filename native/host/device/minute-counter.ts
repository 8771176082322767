import type { CompiledPolicy } from "../../core/decide/compile-policy";
import type { InputOf } from "../../core/device/inputs";
import { addIncrement, emptyMinute, type MinuteIncrement } from "../../core/telemetry/minute-entry";
import { nameIncrement } from "../../core/telemetry/named-increment";

type Program = { appId: string; versionCode: number };

/** Adds up what programs do between two looks, so that a device takes one step a second for it and not one a call. */
export type MinuteCounter = {
  add(program: Program, increment: MinuteIncrement): void;
  /** What was counted since the last look, a program and version once. */
  take(): (Program & Pick<InputOf<"count">, "increment">)[];
};

/** \`policyOf\`: what is in force for a program, whose names never fall under \`~other\`. */
export function createMinuteCounter(policyOf: (appId: string) => CompiledPolicy | undefined): MinuteCounter {
  let counted = new Map<string, Program & { increment: ReturnType<typeof emptyMinute> }>();
  return {
    add({ appId, versionCode }, increment) {
      const key = `${appId}/${versionCode}`;
      const known = counted.get(key) ?? { appId, versionCode, increment: emptyMinute(0) };
      counted.set(key, known);
      addIncrement(known.increment, nameIncrement(increment, policyOf(appId)));
    },
    take() {
      const all = [...counted.values()];
      counted = new Map();
      return all.map(({ increment: { at, ...increment }, ...program }) => ({ ...program, increment }));
    },
  };
}
