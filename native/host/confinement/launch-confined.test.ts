import { describe, expect, it } from "vitest";
import { engineFor } from "../engines/known-engines";
import type { ControlGroup } from "./control-group";
import { launchConfined } from "./launch-confined";
import { requireConfinement } from "./require-confinement";

const { available, confinement } = await requireConfinement("what a start that fails leaves behind");

describe.runIf(available).each(["bubblewrap", "bare"] as const)(
  "a start in mode %s whose group can't be joined",
  (mode) => {
    it("is refused with why, and leaves no process", async () => {
      const engine = engineFor("script");
      if (engine === undefined) throw new Error("no engine");
      const joined: number[] = [];
      const group: ControlGroup = {
        add(pid) {
          joined.push(pid);
          throw new Error("no room in the group");
        },
        setMemoryCeiling: () => true,
        wasOutOfMemory: () => false,
        remove: () => true,
      };

      const launched = await launchConfined({
        ...{ tools: confinement.tools, mode, needs: engine.needs, group },
        command: await engine.command(),
      });

      expect(launched).toEqual({ ok: false, reason: "control group: no room in the group" });
      expect(joined).toHaveLength(1);
      for (const pid of joined) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    });
  },
);
