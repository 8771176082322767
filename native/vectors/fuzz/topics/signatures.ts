import { mutateText } from "../mutate";
import { plainTopic } from "../topic";
import { vectorInputs } from "./corpus";

const inputs = vectorInputs("signature");

/** A vector's question with one of its texts edited, or one of another vector in its place. */
export const signatures = plainTopic("signatures", "signature", (random) => {
  const name = random.pick(["publicKeyPem", "messageHex", "signatureHex", "signatureHex"]);
  const question = random.pick(inputs);
  const text = String(random.oneIn(4) ? random.pick(inputs)[name] : question[name]);
  return { ...question, [name]: random.oneIn(8) ? text : mutateText(text, random) };
});
