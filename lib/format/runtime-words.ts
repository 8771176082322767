const NAMES: Readonly<Record<string, string>> = { linux: "Linux", android: "Android", ios: "iOS" };

/** A kind of runtime as people write it: "Linux"; one that is not known as it is told. */
export const runtimeWords = (kind: string): string => NAMES[kind] ?? kind;
