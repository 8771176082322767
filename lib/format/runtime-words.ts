import { RUNTIME_KINDS, type RuntimeKind } from "@/native/core/codes";

const NAMES: Readonly<Record<RuntimeKind, string>> = { linux: "Linux", android: "Android", ios: "iOS" };

/** A kind of runtime as people write it: "Linux"; one that is not known as it is told. */
export function runtimeWords(kind: string): string {
  const known = RUNTIME_KINDS.find((one) => one === kind);
  return known === undefined ? kind : NAMES[known];
}
