/** Who may act and what may be asked for, for the handlers at the boundary; the lists themselves are the domain's. */
export { type Actor, hasPermission, type Permission } from "../domain/roles";
