import { TextLink } from "@/components/ui/text-link";

type CodeLinkProps = {
  code: string;
  /** Where it is explained, as refusals name it (spec 5.55); null of a code that no list has. */
  help: string | null;
  className?: string;
};

/** A code as a link to the page that says what it means and who mends it. */
export function CodeLink({ code, help, className }: CodeLinkProps) {
  const text = <code title={code}>{code}</code>;
  if (help === null) return <span className={className}>{text}</span>;
  return (
    <TextLink href={`/${help}`} prefetch={false} {...(className === undefined ? {} : { className })}>
      {text}
    </TextLink>
  );
}
