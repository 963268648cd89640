/** The door of `credentials/sip`: the file of users who sign in over SIP. */

export { type AccessUser, SipUsers } from './sip-users.ts';
export { hashesOf, type NewUser, newUsersText, textWithoutUser, textWithUser } from './users-edit.ts';
export { isUserName, type UserAlgorithm, type UserSide, type UsersFile } from './users-schema.ts';
export { readUsersText, type UsersDocument, type UsersProblem } from './users-text.ts';
