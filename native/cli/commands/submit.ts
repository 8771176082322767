import { openBundle } from "../../core/bundle/open-bundle";
import { toBase64Url } from "../../core/crypto/encoding";
import { BUNDLE_SIGNATURE_HEADER } from "../../core/wire/bundle-signature";
import { type Command, textOption } from "../command";
import { explainFault } from "../explain-fault";
import { readNamedFile } from "../files";
import { API_OPTIONS, askPublisherApi } from "../publisher-api";
import { nextOf, SUBMISSION_JSON } from "../submission-answer";

export const submitCommand: Command = {
  name: "submit",
  summary: "hand a signed bundle to the platform for review",
  about:
    "Looks at the bundle first, as the platform will, then sends it with its signature. The same bytes may be sent again: the answer is the same.",
  argument: { name: "BUNDLE", min: 1, max: 1, help: "what bulkhead pack wrote, signed", completes: "file" },
  options: {
    ...API_OPTIONS,
    signature: {
      value: "FILE",
      help: "the detached signature; BUNDLE.sig where it is left out",
      completes: "file",
    },
  },
  examples: [
    {
      line: "bulkhead submit com.example.notes-1.ma --server https://console.example",
      does: "hands it in; the token is in BULKHEAD_TOKEN",
    },
  ],
  json: SUBMISSION_JSON,
  async run({ positionals: [path = ""], values, context }) {
    const body = await readNamedFile(context, path);
    const signature = await readNamedFile(context, textOption(values, "signature") ?? `${path}.sig`);
    const opened = openBundle(body);
    if (!opened.ok) return explainFault(opened.reason, { path, bytes: body });
    const answer = await askPublisherApi(context, values, "/api/publisher/v1/submissions", {
      method: "POST",
      headers: { "content-type": "application/miniapp-pkg+zip", [BUNDLE_SIGNATURE_HEADER]: toBase64Url(signature) },
      body,
    });
    if (!answer.ok) return answer;
    const { submissionId, state } = answer.body;
    return {
      ok: true,
      text: `submitted as ${String(submissionId)}, state ${String(state)}`,
      json: answer.body,
      next: nextOf(state, String(submissionId)),
    };
  },
};
