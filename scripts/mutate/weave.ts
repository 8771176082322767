import type { Place } from "./draw";
import { mutate } from "./draw";

/**
 * A file that holds all of its mutants at once: each place asks whether it is the one that is faulty now. So a tree is
 * read and transformed once, and it is known which tests come by a place.
 */
export function weave(text: string, places: readonly Place[], importFrom: string): string {
  const outermost = [...places].sort((a, b) => a.whole.start - b.whole.start || b.whole.end - a.whole.end);
  let next = 0;
  /** The text of a range, with the places woven in that begin in it. */
  const render = (start: number, end: number): string => {
    let rendered = "";
    let at = start;
    for (let place = outermost[next]; place !== undefined && place.whole.start < end; place = outermost[next]) {
      next += 1;
      const { id, whole } = place;
      const local = { ...place, start: place.start - whole.start, end: place.end - whole.start };
      const faulty = mutate(text.slice(whole.start, whole.end), local);
      rendered += `${text.slice(at, whole.start)}(__isFaulty("${id}") ? (${faulty}) : (${render(whole.start, whole.end)}))`;
      at = whole.end;
    }
    return rendered + text.slice(at, end);
  };
  // On the first line, so that lines stay where they were.
  return `import { isFaulty as __isFaulty } from "${importFrom}"; ${render(0, text.length)}`;
}
