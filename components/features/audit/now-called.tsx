/** Today's name of what had another when the entry was written; nothing where it has not. */
export function NowCalled({ name }: { name: string | null }) {
  return (
    name !== null && (
      <span className="text-muted">
        {" (now called "}
        <bdi>{name}</bdi>)
      </span>
    )
  );
}
