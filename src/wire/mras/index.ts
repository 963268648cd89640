/** The door of `wire/mras`: the XML of credential requests and of what tells clients where to send them. */

export * from './mras-request.ts';
export * from './mras-response.ts';
export * from './provisioning.ts';
export * from './xml.ts';
