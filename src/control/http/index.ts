/** The door of `control/http`: the admin listener. */

export { type Admin, type AdminOptions, type Minted, type Readiness, startAdmin } from './admin.ts';
