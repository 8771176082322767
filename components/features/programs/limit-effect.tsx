import { Measure } from "@/components/features/measures/measure";
import { effectWords, type LimitEffectRow } from "./limit-effect-words";

type LimitEffectProps = {
  row: LimitEffectRow;
  /** Devices that told of the program in the range. */
  devices: number;
  appId: string;
  range: string;
  /** What is said where it held nothing back, in place of how near it is. */
  instead?: string | null;
};

/** What a limit did, on how many devices, and what that cost; the numbers by their names. */
export function LimitEffect({ row, devices, appId, range, instead = null }: LimitEffectProps) {
  const { text, why, isStrong } = effectWords(row, devices);
  const of = `${appId} ${row.name}`;
  const refused = row.heldBack?.refused ?? 0;
  const said = row.heldBack === null ? (instead ?? why) : why;
  const isCounted =
    row.effective !== null && (row.heldBackDevices > 0 || (row.heldBack === null && row.observed !== null));
  return (
    <>
      <span title={text} className={`block truncate leading-4 ${isStrong ? "font-medium" : ""}`}>
        {isCounted ? (
          <Measure name="heldBackDevices" of={of} range={range} value={row.heldBackDevices}>
            {text}
          </Measure>
        ) : (
          text
        )}
      </span>
      {said !== null && (
        <span title={said} className="mt-0.5 block truncate text-muted leading-4">
          {isStrong && refused > 0 ? (
            <Measure name="limitRefusals" of={of} range={range} value={refused}>
              {said}
            </Measure>
          ) : (
            said
          )}
        </span>
      )}
    </>
  );
}
