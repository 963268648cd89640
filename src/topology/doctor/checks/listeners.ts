import { naming, natFor, rulesFor } from '../expected.ts';
import type { Facts, Reach, TargetFacts } from '../facts.ts';
import { type Finding, fault, ok, type Result, unknown } from '../result.ts';

/** Every listener answers on UDP, TCP and TLS; where not, whether it is one, a protocol, or everything. */
export function listeners(facts: Facts): Result[] {
  return facts.targets.flatMap(target => ofTarget(facts, target));
}

function ofTarget(facts: Facts, target: TargetFacts): Result[] {
  const { reaches } = target;
  const answered = reaches.filter(isAnswered);
  const whole = reaches.length > 0 && answered.length === 0 ? nothing(facts, target) : blockedProtocol(facts, target);
  return [
    ...(whole === undefined ? [] : [whole]),
    ...reaches.map(reach => one(facts, target, reach, whole !== undefined)),
  ];
}

export function isAnswered({ outcome }: Reach): boolean {
  return outcome === 'answered';
}

export function subjectOf({ address }: TargetFacts, { transport, port }: Reach): string {
  return `${transport.toUpperCase()} ${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function one(facts: Facts, target: TargetFacts, reach: Reach, isExplained: boolean): Result {
  const subject = subjectOf(target, reach);
  if (isAnswered(reach)) return ok('listener-answers', subject, `answered in ${Math.round(reach.millis ?? 0)} ms`);
  if (isExplained) return unknown('listener-answers', subject, reach.outcome);
  const rules = rulesFor(facts.expected, 'in', protocolOf(reach), target.family, reach.port);
  return fault('listener-answers', subject, {
    id: reach.outcome === 'garbled' ? 'another-server' : 'listener-silent',
    place: reach.outcome === 'silent' ? 'firewall' : 'edge',
    seen: reach.outcome,
    ...(reach.outcome === 'garbled'
      ? {
          means: 'Something listens there that is no STUN or TURN server.',
          change: 'find it with `sallyport doctor` on the edge, and give one of the two another port',
        }
      : {
          means:
            'Other listeners of this address answer, so the address is right: this port is closed on the way or not open.',
          change: `let in ${naming(rules, `${protocolOf(reach).toUpperCase()} ${reach.port}`)}; if the firewall does, see whether the edge listens there`,
        }),
    rules,
  });
}

function nothing({ expected }: Facts, target: TargetFacts): Finding {
  const isRefused = target.reaches.some(({ outcome }) => outcome === 'refused');
  const ports = target.reaches.map(reach => subjectOf(target, reach)).join(', ');
  const rules = [
    ...natFor(expected, 'in'),
    ...target.reaches.flatMap(({ port, ...reach }) => rulesFor(expected, 'in', protocolOf(reach), target.family, port)),
  ];
  return fault('listener-answers', target.address, {
    id: isRefused ? 'nothing-listens' : 'nothing-answers',
    place: isRefused ? 'nat' : 'firewall',
    seen: isRefused ? `${target.address} says that nothing listens there: ${ports}` : `no answer from ${ports}`,
    means: isRefused
      ? 'The address is reached, but not the edge: the NAT answers for itself since it does not translate inbound packets (ChangeDST), or the edge is not running.'
      : 'Nothing of the edge is reached: the firewall drops everything, the NAT does not translate inbound packets (ChangeDST), or the address leads elsewhere.',
    change: `see that the edge runs (\`sallyport doctor\` there), then ${natFor(expected, 'in').length > 0 ? `that the NAT has ${naming(natFor(expected, 'in'), '')}, then ` : ''}the inbound rules of \`sallyport firewall plan\``,
    rules: [...new Set(rules)],
  });
}

/** UDP or TCP as a whole, when the other gets through. */
function blockedProtocol({ expected }: Facts, { address, family, reaches }: TargetFacts): Finding | undefined {
  const of = (protocol: 'udp' | 'tcp') => reaches.filter(reach => protocolOf(reach) === protocol);
  const blocked = (['udp', 'tcp'] as const).find(
    p => of(p).length > 0 && of(p).every(({ outcome }) => outcome === 'silent' || outcome === 'unreachable'),
  );
  if (blocked === undefined) return undefined;
  const other = blocked === 'udp' ? 'TCP' : 'UDP';
  const ports = [...new Set(of(blocked).map(({ port }) => port))];
  const rules = ports.flatMap(port => rulesFor(expected, 'in', blocked, family, port));
  const name = blocked.toUpperCase();
  return fault(blocked === 'udp' ? 'udp-blocked' : 'listener-answers', address, {
    id: `${blocked}-blocked`,
    place: 'firewall',
    seen: `${name} ${ports.join(', ')} is silent while ${other} answers`,
    means:
      blocked === 'udp'
        ? 'UDP is blocked between here and the edge. Calls fall back to TCP, which delays audio and video when packets are lost.'
        : 'TCP is blocked between here and the edge. Users whose network blocks UDP can not connect.',
    change: `let in ${naming(rules, `${name} ${ports.join(', ')} to ${address}`)} and the answers to it; if it is let in, the network of this observer blocks ${name}`,
    rules,
  });
}

function protocolOf({ transport }: Pick<Reach, 'transport'>): 'udp' | 'tcp' {
  return transport === 'udp' ? 'udp' : 'tcp';
}
