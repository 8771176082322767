"use client";

import { type RefObject, useEffect, useLayoutEffect, useReducer, useState } from "react";
import type { Piece, RowWindow } from "./row-window";

/** Up to so many rows a table stands whole: the browser's own search finds all of it. */
export const WHOLE_ROWS_MAX = 300;

type Drawn = {
  /** null: all of them. */
  pieces: readonly Piece[] | null;
  redraw(): void;
};

/**
 * Which rows of a table are drawn. Of more than `WHOLE_ROWS_MAX` those in view and `kept`; what does that is loaded with
 * them, and all rows stand until it is there.
 */
export function useRowWindow(
  body: RefObject<HTMLElement | null>,
  keys: readonly string[],
  kept: readonly string[],
): Drawn {
  const [view, setView] = useState<RowWindow | null>(null);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const isLong = keys.length > WHOLE_ROWS_MAX;
  useEffect(() => {
    if (!isLong) return undefined;
    let isGone = false;
    let made: RowWindow | null = null;
    import("./row-window").then(
      ({ createRowWindow }) => {
        if (isGone || body.current === null) return;
        made = createRowWindow(body.current, redraw);
        setView(made);
      },
      () => {
        // It could not be loaded: all rows stand, which is slow and loses nothing.
      },
    );
    return () => {
      isGone = true;
      made?.end();
      setView(null);
    };
  }, [isLong, body]);
  useLayoutEffect(() => view?.measure(keys));
  return { pieces: isLong && view !== null ? view.pieces(keys, kept) : null, redraw };
}
