import { mutateText, mutateValue } from "../mutate";
import { type Members, plainTopic } from "../topic";
import { vectorInputs } from "./corpus";
import { drawUrl } from "./urls";

const inputs = vectorInputs("cause");
const NAMES = ["", "device.info", "a", "é", "\u{1f600}", "\ud800", "\udc00", "\n"];

/** A vector's denial of another URL, or of an API whose name is about the bound; or with an edit. */
export const causes = plainTopic("causes", "cause", (random) => {
  const known = random.pick(inputs);
  if (random.oneIn(12)) return mutateValue(known, random) as Members;
  if (random.oneIn(3)) return { ...known, api: random.pick(NAMES).repeat(random.pick([1, 63, 64, 65, 127, 128, 129])) };
  if (random.oneIn(3)) return { ...known, api: mutateText(String(known.api), random) };
  return { ...known, url: drawUrl(random), purpose: random.pick(["request", "upload", "download", "socket"]) };
});
