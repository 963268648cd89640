import { Document, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Plan } from '../plan.ts';
import { cidrs, type Direction, isAnyPort, type PortRange, type Rule, remoteOf } from '../rule.ts';
import { oneLine, reasonsOf } from './text.ts';

/** A NetworkPolicy for pods labelled `app: sallyport`. Pods on the host's network are beyond its reach: use the host's firewall. */
export function renderKubernetes({ rules }: Plan): string {
  const of = (direction: Direction) => rules.filter(rule => rule.direction === direction);
  const document = new Document({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'sallyport' },
    spec: {
      podSelector: { matchLabels: { app: 'sallyport' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: of('in').map(rule => peer(rule, 'from')),
      egress: of('out').map(rule => peer(rule, 'to')),
    },
  });
  document.commentBefore =
    ' Made by `sallyport firewall plan`. NetworkPolicies know no source ports; pods with hostNetwork are not covered.';
  comment(document, 'ingress', of('in'));
  comment(document, 'egress', of('out'));
  return document.toString({ lineWidth: 0 });
}

function peer(rule: Rule, way: 'from' | 'to') {
  const blocks = cidrs(remoteOf(rule).addresses, rule.family).map(cidr => ({ ipBlock: { cidr } }));
  return { [way]: blocks, ports: [{ protocol: rule.protocol.toUpperCase(), ...ports(rule.destinationPorts) }] };
}

function ports(range: PortRange) {
  if (isAnyPort(range)) return {};
  return { port: range.first, ...(range.last > range.first && { endPort: range.last }) };
}

function comment(document: Document, key: 'ingress' | 'egress', rules: readonly Rule[]): void {
  const items = (document.getIn(['spec', key]) as YAMLSeq<YAMLMap>).items;
  rules.forEach((rule, i) => {
    items[i]!.commentBefore = oneLine(` ${rule.id}. ${reasonsOf(rule)}`).replace(/^/, ' ');
  });
}
