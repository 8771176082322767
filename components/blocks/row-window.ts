import { FIRST_ROW_INDEX } from "./row-indices";

/** What stands in a long table's body: a row by its place, or the room of rows that do not. */
export type Piece = { is: "row"; index: number } | { is: "gap"; from: number; height: number };

export type RowWindow = {
  /** The rows in view and near it, with those that are kept wherever they are, and the gaps between. */
  pieces(keys: readonly string[], kept: readonly string[]): Piece[];
  /** Learns how high the rows are that stand on the page; draws anew where that moves others. */
  measure(keys: readonly string[]): void;
  end(): void;
};

/** How far a person scrolls until other rows are drawn, in pixels; as much is drawn beyond either edge. */
const STEP = 400;
/** Of a row that was never seen, where none was. */
const USUAL_HEIGHT = 32;

/**
 * The rows of one table's body that a person can see, whatever scrolls. The row that has the focus always stands, so that
 * no key gets lost.
 */
export function createRowWindow(body: HTMLElement, redraw: () => void): RowWindow {
  const heights = new Map<string, number>();
  let view = look();
  const onMove = () => {
    const next = look();
    if (next.top === view.top && next.bottom === view.bottom) return;
    view = next;
    redraw();
  };
  const onResize = () => {
    heights.clear();
    view = look();
    redraw();
  };
  document.addEventListener("scroll", onMove, { capture: true, passive: true });
  window.addEventListener("resize", onResize);

  function look(): { top: number; bottom: number } {
    const top = Math.floor(-body.getBoundingClientRect().top / STEP) * STEP;
    return { top: top - STEP, bottom: top + window.innerHeight + 2 * STEP };
  }

  function focused(): string[] {
    const row = document.activeElement?.closest("tr[data-row]");
    return row instanceof HTMLElement && body.contains(row) ? [row.dataset.row ?? ""] : [];
  }

  return {
    pieces(keys, kept) {
      const wanted = new Set([...kept, ...focused()]);
      const always = [...keys.keys()].filter((index) => wanted.has(keys[index] ?? ""));
      return piecesOf(offsetsOf(keys, heights), view, always);
    },
    measure(keys) {
      let isNew = false;
      for (const row of body.querySelectorAll<HTMLElement>("tr[aria-rowindex]")) {
        const key = keys[Number(row.getAttribute("aria-rowindex")) - FIRST_ROW_INDEX];
        const { height } = row.getBoundingClientRect();
        if (key === undefined || Math.abs((heights.get(key) ?? 0) - height) < 0.5) continue;
        heights.set(key, height);
        isNew = true;
      }
      if (isNew) redraw();
    },
    end() {
      document.removeEventListener("scroll", onMove, { capture: true });
      window.removeEventListener("resize", onResize);
    },
  };
}

/** Where each row begins, and at last where they end, in pixels; one that was never seen is as high as those that were. */
export function offsetsOf(keys: readonly string[], heights: ReadonlyMap<string, number>): number[] {
  const known = keys.flatMap((key) => heights.get(key) ?? []);
  const usual = known.length === 0 ? USUAL_HEIGHT : known.reduce((sum, height) => sum + height, 0) / known.length;
  const offsets = [0];
  for (const key of keys) offsets.push((offsets.at(-1) ?? 0) + (heights.get(key) ?? usual));
  return offsets;
}

/** Every row that touches the view, and those of `always`, which rise; what is between is one gap. */
export function piecesOf(
  offsets: readonly number[],
  view: { top: number; bottom: number },
  always: readonly number[],
): Piece[] {
  const count = offsets.length - 1;
  const at = (index: number) => offsets[index] ?? 0;
  const kept = new Set(always);
  const pieces: Piece[] = [];
  let from = 0;
  const closeGap = (to: number) => {
    if (to > from) pieces.push({ is: "gap", from, height: at(to) - at(from) });
  };
  for (let index = 0; index < count; index += 1) {
    const isSeen = at(index + 1) > view.top && at(index) < view.bottom;
    if (!isSeen && !kept.has(index)) continue;
    closeGap(index);
    pieces.push({ is: "row", index });
    from = index + 1;
  }
  closeGap(count);
  return pieces;
}
