/** The door of `sip`: transactions, registrar and proxy as state machines. They own no socket, clock or dice. */
export { SIP_REFUSED, type SipEffect, type SipRefused } from './effects.ts';
export { type Flow, type FlowId, type FlowSide, hopKey, type NextHop, type SipTransport } from './flows.ts';
