import { z } from "zod";
import data from "../../catalog/layers.en.json" with { type: "json" };

/** The layers that a program's confinement is made of on Linux, in the order in which they are reported. */
export const CONFINEMENT_LAYERS = [
  "userns",
  "mount",
  "pid",
  "netns",
  "ipc",
  "uid",
  "capabilities",
  "no_new_privs",
  "seccomp",
  "environment",
  "descriptors",
  "rlimits",
  "threads",
  "landlock",
  "time",
  "own_user",
  "cgroup",
] as const;
export type ConfinementLayerName = (typeof CONFINEMENT_LAYERS)[number];

/** Why a machine lacks a layer, as far as it can be told from outside. */
export const LAYER_CAUSES = [
  "no_bubblewrap",
  "no_perl",
  "no_util_linux",
  "apparmor",
  "userns_off",
  "container",
  "wsl1",
  "one_id",
  "not_root",
  "no_landlock",
  "old_kernel",
  "other_machine",
  "not_delegated",
  "wsl_systemd",
  "unknown",
] as const;
export type LayerCause = (typeof LAYER_CAUSES)[number];

const text = z.string().min(1);
const sentences = z
  .strictObject({
    layers: z.record(z.enum(CONFINEMENT_LAYERS), z.strictObject({ holds: text, without: text })),
    causes: z.record(z.enum(LAYER_CAUSES), z.strictObject({ why: text, todo: z.array(text).min(1) })),
  })
  .parse(data);

const isLayerName = (name: string): name is ConfinementLayerName => Object.hasOwn(sentences.layers, name);

/** What a layer keeps where it is there, and what is open where it is not; undefined for another runtime's layer. */
export function sayLayer(name: string): { holds: string; without: string } | undefined {
  return isLayerName(name) ? sentences.layers[name] : undefined;
}

/** What a cause is and what can be done; `install` is the folder of files that are ready to be installed. */
export function sayCause(cause: LayerCause, install: string): { why: string; todo: readonly string[] } {
  const { why, todo } = sentences.causes[cause];
  return { why, todo: todo.map((line) => line.replaceAll("{install}", install)) };
}
