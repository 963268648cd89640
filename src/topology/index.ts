/** The door of `topology`: what firewalls, NAT and DNS around an edge have to do, worked out from its configuration. */

export { type CertificateNeed, type DnsRecord, isDomainName } from './names.ts';
export type { Translation } from './nat.ts';
export type { Policy } from './need.ts';
export { type Plan, type PlanOptions, planOf } from './plan.ts';
export {
  addressesText,
  type Direction,
  type Feature,
  portsText,
  type Protocol,
  type Rule,
  type Side,
  type Traffic,
  trafficText,
  type Use,
} from './rule.ts';
