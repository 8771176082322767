"use client";

import { useEffect, useRef, useState } from "react";
import { readKept, writeKept } from "./use-kept";

/** So many rows are read again at most: a page at a time, one after the other. */
const ROWS_AGAIN_MAX = 1000;
const NAME = "place";

type Place = { address: string; resetKey: string; rows: number; top: number };
type List = {
  resetKey: string;
  rows: number;
  /** More rows than the page comes with were read. */
  isLonger: boolean;
  /** null: there are none, or the last try failed. */
  readMore: (() => void) | null;
  isReading: boolean;
};

const address = () => window.location.pathname + window.location.search;

/**
 * After a reload a list is read as far as it was, and the page stands where it stood, unless somebody moves it meanwhile:
 * the browser could not, for most of the rows were not there yet.
 */
export function usePlaceAgain(list: List): void {
  const latest = useRef(list);
  const [goal, setGoal] = useState<Place | null>(null);
  const isMoved = useRef(false);
  useEffect(() => {
    latest.current = list;
  });
  useEffect(() => {
    const leave = () => {
      const { isLonger, resetKey, rows } = latest.current;
      const place: Place = { address: address(), resetKey, rows, top: window.scrollY };
      writeKept(NAME, isLonger ? JSON.stringify(place) : "");
    };
    const move = () => {
      isMoved.current = true;
    };
    const moves = ["wheel", "touchmove", "pointerdown", "keydown"];
    setGoal(takePlace(latest.current.resetKey));
    window.addEventListener("pagehide", leave);
    for (const name of moves) window.addEventListener(name, move, { passive: true });
    return () => {
      window.removeEventListener("pagehide", leave);
      for (const name of moves) window.removeEventListener(name, move);
    };
  }, []);
  useEffect(() => {
    if (goal === null || list.isReading) return;
    if (goal.resetKey === list.resetKey && list.rows < goal.rows && list.readMore !== null) {
      list.readMore();
      return;
    }
    setGoal(null);
    if (!isMoved.current) window.scrollTo({ top: goal.top });
  });
}

/** Where this page stood when it was loaded anew; told once. */
function takePlace(resetKey: string): Place | null {
  const kept = readKept(NAME);
  if (kept === null) return null;
  writeKept(NAME, "");
  // Whoever comes by a link begins at the top.
  const [navigation] = performance.getEntriesByType("navigation");
  if (!(navigation instanceof PerformanceNavigationTiming) || navigation.type === "navigate") return null;
  // Safe: nobody else writes under this name.
  const place = JSON.parse(kept) as Place;
  if (place.address !== address() || place.resetKey !== resetKey) return null;
  return { ...place, rows: Math.min(place.rows, ROWS_AGAIN_MAX) };
}
