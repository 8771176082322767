import { CodeLink } from "./code-link";

/** What was refused, in the words of whoever refused it, with its code as a link to what that means and who mends it. */
export function Refusal({ error }: { error: unknown }) {
  const message = error instanceof Error ? error.message : "It was refused.";
  const { code, help } = readHelp(error);
  if (code === null || help === null) return message;
  return (
    <>
      {message} <CodeLink code={code} help={help} />
    </>
  );
}

/** Null of what did not come from a door of ours: nobody answered, or somebody in between. */
function readHelp(error: unknown): { code: string | null; help: string | null } {
  if (typeof error !== "object" || error === null) return { code: null, help: null };
  const text = (value: unknown) => (typeof value === "string" ? value : null);
  return { code: "code" in error ? text(error.code) : null, help: "help" in error ? text(error.help) : null };
}
