import { isAppId } from "@/native/core/manifest/app-id";
import { KINDS, kindOf, MEMBER_KINDS } from "./kinds";
import { ID } from "./kinds/key-names";
import type { Member, MemberKind } from "./members";

type Owner = (typeof KINDS)[MemberKind]["key"]["owner"];

const isOwnerId: Record<Exclude<Owner, "platform">, (id: string) => boolean> = {
  program: isAppId,
  publisher: (id) => ID.test(id),
  person: (id) => ID.test(id),
};

const place = (owner: string, part: string | null) => (part === null ? owner : `${owner}/${part}`);
const kindsByPlace = new Map(
  MEMBER_KINDS.map((kind) => [place(KINDS[kind].key.owner, KINDS[kind].key.part), kind] as const),
);

/** The one text of a member, for example `program:com.x.y/grant:camera.capture`. `parseMember` reads it back. */
export function formatMember(member: Member): string {
  const { key } = kindOf(member.kind);
  const id = ownerIdOf(member);
  const owner = id === null ? key.owner : `${key.owner}:${id}`;
  const name = key.name(member);
  return key.part === null ? owner : `${owner}/${key.part}${name === null ? "" : `:${name}`}`;
}

/** Reads what `formatMember` writes; null for any other text. */
export function parseMember(text: string): Member | null {
  if (text.length > 512) return null;
  const slash = text.indexOf("/");
  const [owner, id] = divide(slash === -1 ? text : text.slice(0, slash));
  const [part, name] = slash === -1 ? [null, null] : divide(text.slice(slash + 1));
  if (!isOwner(owner, id)) return null;
  const kind = kindsByPlace.get(place(owner, part));
  return kind === undefined ? null : kindOf(kind).key.read(id ?? "", name);
}

function isOwner(owner: string, id: string | null): boolean {
  if (owner === "platform") return id === null;
  return id !== null && Object.hasOwn(isOwnerId, owner) && isOwnerId[owner as keyof typeof isOwnerId](id);
}

function ownerIdOf(member: Member): string | null {
  if ("appId" in member) return member.appId;
  if ("publisherId" in member) return member.publisherId;
  return "personId" in member ? member.personId : null;
}

/** At the first colon; the rest belongs to the name, whatever it holds. */
function divide(text: string): [string, string | null] {
  const colon = text.indexOf(":");
  return colon === -1 ? [text, null] : [text.slice(0, colon), text.slice(colon + 1)];
}
