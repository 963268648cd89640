/** The door of `sip`: transactions, registrar and proxy as state machines. They own no socket, clock or dice. */
export type { AnswerTable } from './answer-counts.ts';
export { type DigestAlgorithm, digestHa1 } from './digest/algorithm.ts';
export type { Denial, DigestSettings, SipUser } from './digest/authenticator.ts';
export { isSipe } from './digest/claim.ts';
export type { Attempt } from './digest/lockouts.ts';
export { type HopFailure, SIP_REFUSED, type SipEffect, type SipRefused } from './effects.ts';
export { certificateNames } from './federation/certificate-names.ts';
export { type Partner, type PartnerLimits, Partners, type ProvenPartner } from './federation/partners.ts';
export { srvOrder } from './federation/srv-order.ts';
export { type Flow, type FlowId, type FlowSide, hopKey, type NextHop, type SipTransport } from './flows.ts';
export {
  type MintedRelayCredential,
  MRAS_MOST_MINUTES,
  type MrasQuestions,
  MrasService,
  type MrasSettings,
} from './mras/mras-service.ts';
export { provisioningNotice, RENEW_BEFORE_MINUTES, serveProvisioning } from './mras/provisioning-service.ts';
export { msRegistrationHeaders, serveMsClient } from './ms/ms-client.ts';
export type { Notice } from './notice.ts';
export type { AuthenticRequest, LocalAnswer, SipQuestions, SipSettings } from './questions.ts';
export type { RegistrarSettings } from './registrar/registrar.ts';
export { type SipCounts, SipServer } from './sip-server.ts';
