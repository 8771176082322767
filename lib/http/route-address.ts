import type { RouteDescription } from "./route-description";

declare const DESCRIBED: unique symbol;

/** A method and a path. What the types know of the route is never there at run time. */
export type RouteAddress<D extends RouteDescription = RouteDescription> = string & { readonly [DESCRIBED]?: D };

/** The route that lies at an address. */
export type RouteAt<A extends RouteAddress> = A extends { readonly [DESCRIBED]?: infer D extends RouteDescription }
  ? D
  : never;

/** The path alone, as a link leads there; its parameters are not filled in. */
export const pathOf = (address: RouteAddress): string => address.slice(address.indexOf(" ") + 1);

type Described = Readonly<Record<string, RouteDescription>>;

/** The addresses of described routes, each told by its route. */
export function addressed<Routes extends Described>(
  addresses: {
    readonly [Name in keyof Routes]: `${Routes[Name]["method"]} ${Routes[Name]["path"]}`;
  },
): { readonly [Name in keyof Routes]: RouteAddress<Routes[Name]> } {
  return addresses;
}
