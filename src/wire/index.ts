/** The door of `wire`: pure functions between bytes and values. It imports nothing of ours. */

export * from './address.ts';
export * from './address-embedding.ts';
export * from './ids.ts';
export * from './stream/framing.ts';
export * from './stun/access-token.ts';
export * from './stun/behavior-discovery.ts';
export * from './stun/error-code.ts';
export * from './stun/fingerprint.ts';
export * from './stun/integrity.ts';
export * from './stun/message-view.ts';
export * from './stun/message-writer.ts';
export * from './stun/password-algorithms.ts';
export * from './stun/plain-address.ts';
export * from './stun/registry.ts';
export * from './stun/values.ts';
export * from './stun/xor-address.ts';
export * from './turn/attributes.ts';
export * from './turn/channel-data.ts';
export * from './turn/data-indication.ts';
