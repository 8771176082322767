import { mutateText, mutateValue } from "../mutate";
import { plainTopic } from "../topic";
import { vectorInputs } from "./corpus";

/** Without those that are large, and so deep, for a boundary of their own. */
const texts = vectorInputs("manifest")
  .map(({ text }) => String(text))
  .filter((text) => text.length < 4_000);
const parsed = texts.flatMap((text) => {
  try {
    return [JSON.parse(text) as unknown];
  } catch {
    return [];
  }
});

/** A vector's manifest with edits to its members, or to its text. */
export const manifests = plainTopic("manifests", "manifest", (random) => {
  if (random.oneIn(3)) return { text: mutateText(random.pick(texts), random) };
  let manifest = random.pick(parsed);
  for (let edits = random.integer(1, 3); edits > 0; edits -= 1) manifest = mutateValue(manifest, random);
  return { text: JSON.stringify(manifest) };
});
