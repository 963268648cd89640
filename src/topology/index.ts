/** The door of `topology`: what firewalls, NAT and DNS around an edge have to do, worked out from its configuration. */

export { diffOf, isEmpty, type PlanDiff } from './diff.ts';
export { type CertificateNeed, type DnsRecord, isDomainName } from './names.ts';
export type { Translation } from './nat.ts';
export type { Policy } from './need.ts';
export { type Plan, type PlanOptions, planOf } from './plan.ts';
export { planOfAll } from './pool.ts';
export { diffAsJson, diffText, FORMATS, type Format, type FormatName } from './render/index.ts';
export type { View, What, Where } from './render/view.ts';
export {
  addressesText,
  type Direction,
  type Feature,
  type Protocol,
  portsText,
  type Rule,
  type Side,
  type Traffic,
  trafficText,
  type Use,
} from './rule.ts';
export type { Finding, VerifyOptions } from './verify/finding.ts';
export { readRules } from './verify/read.ts';
export type { Ruleset } from './verify/ruleset.ts';
export { verify, without } from './verify/verify.ts';
