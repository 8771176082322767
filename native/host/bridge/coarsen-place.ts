/** Metres of a degree of latitude. */
const DEGREE_METRES = 111_320;
/** A tenth of a metre, below which nothing is said. */
const SHOWN = 1e6;

const isWithin = (value: unknown, most: number): value is number =>
  typeof value === "number" && value >= -most && value <= most;

/**
 * A place on a grid of so many metres, so that what is told of it is no finer, whatever whoever looked it up knew; the accuracy that
 * is told is the grid's at least. Undefined where it is no place: a text in the place of a number says more than a grid lets pass.
 */
export function coarsenPlace(
  place: Readonly<Record<string, unknown>>,
  metres: number,
): Record<string, unknown> | undefined {
  const { latitude, longitude, accuracyMetres } = place;
  if (latitude === undefined && longitude === undefined) return { ...place };
  if (!isWithin(latitude, 90) || !isWithin(longitude, 180)) return undefined;
  if (metres <= 0) return { ...place };
  const step = metres / DEGREE_METRES;
  const north = onGrid(latitude, step, 90);
  // Towards a pole a degree is shorter; at it, every longitude is one place.
  const shrink = Math.cos((north * Math.PI) / 180);
  const east = shrink < 1e-6 ? 0 : onGrid(longitude, Math.min(step / shrink, 360), 180);
  const known = typeof accuracyMetres === "number" ? accuracyMetres : 0;
  return { ...place, latitude: north, longitude: east, accuracyMetres: Math.max(known, metres) };
}

function onGrid(value: number, step: number, most: number): number {
  const placed = Math.round(value / step) * step;
  return Math.round(Math.min(most, Math.max(-most, placed)) * SHOWN) / SHOWN;
}
