import { expect, it } from "vitest";
import { createLogger } from "./logger";

it("lets no text of a stranger turn around or command the terminal that shows the log", () => {
  let line = "";
  const log = createLogger(
    (written) => {
      line += written;
    },
    () => 0,
  );
  const name = "a\u202eb\u001b[2J\u2028c\u{e0041}";
  log("warn", "named", { name });
  expect(line).toMatch(/^[\x20-\x7e]+\n$/);
  expect(JSON.parse(line)).toMatchObject({ name });
});
