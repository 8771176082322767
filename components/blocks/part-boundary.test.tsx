import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { PartBoundary, PartNotLoaded } from "./part-boundary";

/** What stands in the place of a part that failed with this error. */
function shownFor(error: unknown): string {
  const boundary = new PartBoundary({ children: "the part" });
  boundary.state = PartBoundary.getDerivedStateFromError(error);
  return renderToStaticMarkup(boundary.render());
}

describe("a part of a page that failed", () => {
  test("says that it was not loaded where its script did not come, and nothing of why", () => {
    const shown = shownFor(new PartNotLoaded(new Error("https://secret.example/chunk.js")));
    expect(shown).toContain("could not be loaded");
    expect(shown).toContain("did not answer");
    expect(shown).not.toContain("secret");
  });

  test.each([new TypeError("secret of a row"), "secret", { message: "secret", requestId: "secret" }, undefined])(
    "says that it could not be drawn, and never what an unknown error says: %o",
    (error) => {
      const shown = shownFor(error);
      expect(shown).toContain("could not be drawn");
      expect(shown).not.toContain("could not be loaded");
      expect(shown).not.toContain("secret");
    },
  );
});
