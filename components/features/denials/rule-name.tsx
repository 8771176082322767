import { ruleWords } from "./rule-words";

/** What a rule's pointer names, in words; one that names nothing known as it was told, marked as such. */
export function RuleName({ pointer }: { pointer: string }) {
  const rule = ruleWords(pointer);
  if (rule === null) return <Told text={pointer} />;
  return (
    <span title={pointer}>
      {rule.words}
      {rule.name !== null && (
        <>
          {" "}
          <Told text={rule.name} />
        </>
      )}
    </span>
  );
}

const Told = ({ text }: { text: string }) => (
  <code title={text}>
    <bdi>{text}</bdi>
  </code>
);
