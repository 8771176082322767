import { mutateText } from "../mutate";
import { plainTopic } from "../topic";
import { vectorInputs } from "./corpus";

const inputs = vectorInputs("storage");
const TEXTS = ["a", "/", "..", "", "é", "\u{1f600}", "\ud800", "\u0000", "com.example.notes", "storage"];

/** A vector's question with one of its texts made anew, of a length about the limit or spelt otherwise. */
export const storage = plainTopic("storage", "storage", (random) => {
  const name = random.pick(["appId", "user", "area", "key"]);
  const question = random.pick(inputs);
  const known = String(question[name]);
  if (random.oneIn(2)) return { ...question, [name]: mutateText(known, random) };
  const repeated = random.pick(TEXTS).repeat(random.pick([1, 2, 3, 31, 32, 33, 63, 64, 65, 126, 127, 128, 129]));
  return { ...question, [name]: name === "appId" ? `com.${repeated}` : repeated };
});
