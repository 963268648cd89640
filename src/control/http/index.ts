/** The door of `control/http`: the admin listener. */

export {
  type AccessAppOptions,
  type AccessCredentials,
  type AccessDenial,
  accessApp,
  type DirectoryDenial,
} from './access-app.ts';
export type { AccessInfo } from './access-routes.ts';
export { type Admin, type AdminOptions, type Minted, type Readiness, startAdmin } from './admin.ts';
