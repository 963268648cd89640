export { ANSWER_DEFAULTS, AnswerBudget, type AnswerLimits } from './answer-budget.ts';
export {
  ConnectionBudget,
  type ConnectionLimits,
  ConnectionPlace,
  type ConnectionRefusal,
} from './connection-budget.ts';
export { isUnspecified } from './own-endpoints.ts';
export { type Denied, PeerFilter, type PeerRules, type PeerVerdict } from './peer-filter.ts';
export { contains, formatPrefix, type NotAPrefix, type Prefix, parsePrefix, prefixOf } from './prefix.ts';
export { ANONYMOUS, type QuotaLimits, type QuotaRefusal, Quotas } from './quotas.ts';
export { SPECIAL_PURPOSE, type SpecialPurpose } from './special-purpose.ts';
