/** Who may act and what may be asked for, for the handlers at the boundary; the lists themselves are the domain's. */
export { type Actor, admits, type Permission, ROLE_PERMISSIONS } from "../domain/roles";
