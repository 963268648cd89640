import type { Acceptance, Facts, Reach, TargetFacts } from '../facts.ts';
import { fault, ok, type Result, type Told } from '../result.ts';
import { subjectOf } from './listeners.ts';

/** A credential made with the configuration's secret is accepted, in both dialects, on every listener. */
export function credential(facts: Facts): Result[] {
  return facts.targets.flatMap(target => target.reaches.flatMap(reach => ofReach(target, reach)));
}

function ofReach(target: TargetFacts, reach: Reach): Result[] {
  const where = subjectOf(target, reach);
  return [
    ...(reach.standard === undefined ? [] : [judge(`${where}, standard`, reach.standard)]),
    ...(reach.microsoft === undefined ? [] : [judge(`${where}, Microsoft`, reach.microsoft)]),
  ];
}

function judge(subject: string, acceptance: Acceptance): Result {
  if (acceptance.said === 'accepted') return ok('credential', subject, 'accepted');
  if (acceptance.said === 'silent') {
    return fault('credential', subject, {
      id: 'credential-unanswered',
      place: 'edge',
      seen: 'the signed request got no answer',
      means:
        'The listener answers strangers but not this client: the edge is overloaded, or something on the way drops longer packets.',
      change: 'see the log and the metrics of the edge; then try over TCP',
    });
  }
  return fault('credential', subject, refusal(acceptance.code ?? 0));
}

function refusal(code: number): Told {
  const seen = `answered ${code}`;
  if (code === 401 || code === 431) {
    return {
      id: 'credential-refused',
      place: 'edge',
      seen,
      means:
        'The edge does not know this credential: its secret is another one, the credential has expired, or the clocks differ.',
      change:
        'compare credentials.secrets of the edge with that of whoever mints; restart the edge after a change; see the clock',
    };
  }
  return {
    id: 'allocation-refused',
    place: 'edge',
    seen,
    means: MEANINGS[code] ?? 'The edge knows the credential and refuses the allocation.',
    change: CHANGES[code] ?? 'see the log of the edge',
  };
}

const MEANINGS: Readonly<Record<number, string>> = {
  440: 'The edge has no relay address of this family.',
  486: 'A quota of the edge is used up.',
  508: 'No relay port is free.',
};
const CHANGES: Readonly<Record<number, string>> = {
  440: 'add an address of this family to external.address',
  486: 'raise limits.allocationsPerUser, limits.allocationsPerPrefix or limits.allocations',
  508: 'widen relayPorts, or see what holds them: `sallyport doctor` on the edge',
};
