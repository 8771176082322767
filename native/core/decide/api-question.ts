import type { RuntimeKind } from "../codes";
import type { CallContext } from "./check-constraints";

export type ApiQuestion = {
  versionCode: number;
  /** The name as the program gave it: any text. */
  api: string;
  params?: unknown;
  /** `kind` is a `RuntimeKind` on devices; a question from elsewhere may say any text. */
  runtime: { kind: RuntimeKind | (string & {}); version: string };
  /** Whole seconds: time for stored documents, already reckoned (spec §4). */
  now: number;
  /** What the person answered when asked; absent as long as nobody was asked. */
  consent?: "given" | "refused" | undefined;
  context?: CallContext | undefined;
};
