import { describe, expect, it } from "vitest";
import { STREAM_TOPICS } from "@/lib/contracts/stream";
import { programQuery, telemetryQuery } from "./programs";
import { outdatedBy } from "./stream-topics";

const covers = (root: readonly unknown[], key: readonly unknown[]) => root.every((part, index) => part === key[index]);

describe("an event of the stream", () => {
  it.each(STREAM_TOPICS)("of topic %s puts at least one reading out of date", (topic) => {
    expect(outdatedBy({ topic, appIds: ["com.example.a"] }).length).toBeGreaterThan(0);
  });

  it("about one program leaves the telemetry of another as it is", () => {
    const roots = outdatedBy({ topic: "telemetry", appIds: ["com.example.a"] });
    const key = (appId: string) => telemetryQuery(appId, { range: "1h" }).queryKey;
    expect(roots.some((root) => covers(root, key("com.example.a")))).toBe(true);
    expect(roots.some((root) => covers(root, key("com.example.b")))).toBe(false);
  });

  it("that documents were published puts every program out of date", () => {
    const roots = outdatedBy({ topic: "documents" });
    expect(roots.some((root) => covers(root, programQuery("com.example.a").queryKey))).toBe(true);
  });
});
