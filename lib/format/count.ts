const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** 41208 → "41,208". */
export function formatCount(value: number): string {
  return whole.format(value);
}

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
/** For the axis of a chart, in six characters at most: 60000 → "60,000", 2500000 → "2.5M". */
export function formatTick(value: number, format: (value: number) => string): string {
  return value < 100_000 ? format(value) : compact.format(value);
}

/** A measured value of no more digits than matter: 3.94 → "3.9", 412.3 → "412". */
export function formatMeasure(value: number): string {
  return Math.abs(value) < 10 ? oneDigit.format(value) : whole.format(value);
}

/** 0.018 → "1.8 %". */
export function formatShare(share: number): string {
  return `${oneDigit.format(share * 100)} %`;
}

/** `1 change`, `3 changes`; give `many` where it is not the word with an s. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** "50+": so many were counted, and there are more. */
export function atLeast(count: number, isMore: boolean): string {
  return `${formatCount(count)}${isMore ? "+" : ""}`;
}

/** "about 2,140 devices": what is only estimated says so. */
export function about(text: string, isEstimate: boolean): string {
  return isEstimate ? `about ${text}` : text;
}
