import { State } from "@/components/ui/state";

const WORDS = {
  active: ["live", "Live"],
  suspended: ["suspended", "Suspended"],
  retired: ["retired", "Retired"],
} as const;

type ProgramStateProps = { status: keyof typeof WORDS; hasVersion: boolean; isHeld: boolean };

export function ProgramState({ status, hasVersion, isHeld }: ProgramStateProps) {
  if (isHeld) return <State mark="suspended">Held stopped</State>;
  if (status === "active" && !hasVersion) return <State mark="proposed">No version yet</State>;
  const [mark, word] = WORDS[status];
  return <State mark={mark}>{word}</State>;
}
