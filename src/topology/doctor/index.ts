/** What doctor and probe see, and what it means. */

export { expectedByToken, expectedOfAny } from './assumed.ts';
export { diagnose } from './diagnose.ts';
export { parseEndpoint } from './endpoint.ts';
export { type Expected, type ExpectedRule, expectedOf, isRelayed } from './expected.ts';
export type {
  Acceptance,
  AdminFacts,
  Arrival,
  CertificateFacts,
  ClockFacts,
  Elsewhere,
  Facts,
  IdleFacts,
  ListenerState,
  MachineFacts,
  Outcome,
  PartnerWay,
  PeerPolicyFacts,
  PortFacts,
  PortSpan,
  Reach,
  RelayedFacts,
  SizeFacts,
  TargetFacts,
  TlsFacts,
  Transport,
} from './facts.ts';
export { factsFromText } from './facts-schema.ts';
export { reportHtml } from './render/html.ts';
export { reportJson } from './render/json.ts';
export { reportTable, type TableOptions } from './render/table.ts';
export { exitStatus, type Report, reportOf, type View } from './report.ts';
export { CHECKS, FINDINGS, type Finding, type FindingId, isFinding, type Result } from './result.ts';
export {
  isExpired,
  isSealedBy,
  type ProbeToken,
  readToken,
  sealToken,
  TOKEN_LIFETIME_LIMIT_SECONDS,
  type TokenPayload,
} from './token.ts';
