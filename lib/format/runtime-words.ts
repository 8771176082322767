const NAMES = new Map([
  ["linux", "Linux"],
  ["android", "Android"],
  ["ios", "iOS"],
]);

/** A kind of runtime as people write it: "Linux"; one that is not known as it is told. */
export const runtimeWords = (kind: string): string => NAMES.get(kind) ?? kind;
