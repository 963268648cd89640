import type { CredentialsAnswer } from '../api/credentials.ts';
import { isSpoken } from './attempts.ts';
import { type Explanation, explainAttempt, explainRefused } from './explain.ts';
import type { Attempt, PeerFacts } from './facts.ts';
import type { Choice } from './turn-url.ts';

export type Stage = 'idle' | 'asking' | 'connecting' | 'connected' | 'lost' | 'failed' | 'stopped';

/** Everything the verdict rests on. */
export interface Evidence {
  readonly stage: Stage;
  readonly choice: Choice;
  readonly credentials: CredentialsAnswer | null;
  /** Why there is no camera picture, in the browser's words. */
  readonly cameraRefused: string;
  readonly offered: number;
  readonly attempts: readonly Attempt[];
  readonly a: PeerFacts;
  readonly b: PeerFacts;
}

export interface Verdict extends Explanation {
  readonly kind: 'idle' | 'working' | 'works' | 'fails';
}

/** A picture that moves: fewer decoded frames may be one still image. */
export const ENOUGH_FRAMES = 10;
/** Loss is a share: of few packets it says nothing, and below this nobody sees it. */
const ENOUGH_PACKETS = 500;
const NOTICEABLE_LOSS = 0.02;

/** Does it work? If not, why, and what to do. The first thing that is wrong wins. */
export function judge(seen: Evidence): Verdict {
  if (seen.stage === 'idle') return IDLE;
  if (seen.stage === 'stopped') return STOPPED;
  if (seen.cameraRefused !== '') return fails(cameraRefused(seen.cameraRefused));
  if (seen.credentials?.ok === false) return fails(explainRefused(seen.credentials.why, seen.credentials.said));
  if (seen.credentials !== null && seen.offered === 0) return fails(notOffered(seen.choice));
  if (seen.stage === 'lost') return fails(LOST);
  if (seen.stage === 'failed') return fails(whyFailed(seen));
  if (seen.stage === 'connected') return judgeConnected(seen);
  return seen.stage === 'asking' ? ASKING : connecting(seen);
}

function judgeConnected({ a, b }: Evidence): Verdict {
  const outside = [a, b].map(peer => peer.local).find(local => local !== null && local.type !== 'relay');
  if (outside !== undefined) return fails(notRelayed(outside?.type ?? ''));
  if (Math.min(a.framesDecoded, b.framesDecoded) < ENOUGH_FRAMES) return FIRST_PICTURE;
  const over = a.local?.relayProtocol?.toUpperCase() ?? '';
  return { kind: 'works', code: 'works', title: `It works over ${over}`, reason: PROVEN, remedy: lossRemedy(a, b) };
}

/** A call that loses much works, yet nobody would call it good. */
function lossRemedy(a: PeerFacts, b: PeerFacts): string[] {
  const lost = a.packetsLost + b.packetsLost;
  const sent = lost + a.packetsReceived + b.packetsReceived;
  if (sent < ENOUGH_PACKETS || lost / sent < NOTICEABLE_LOSS) return [];
  const percent = ((100 * lost) / sent).toFixed(1);
  return [
    `${percent} % of the packets are lost on the way: look for a busy machine, a full link, or a bandwidth limit.`,
  ];
}

/** What the relay said comes first; then whether it was reached at all; then what the browser noticed. */
function whyFailed(seen: Evidence): Explanation {
  const chosen = (attempt: Attempt) => seen.choice === 'all' || attempt.transport === seen.choice;
  const tried = seen.attempts.filter(attempt => attempt.outcome !== 'not-tried' && chosen(attempt));
  const spoken = tried.find(attempt => isSpoken(attempt.errorCode));
  if (spoken !== undefined) return explainAttempt(spoken);
  if (tried.some(attempt => attempt.outcome === 'relayed')) return peersApart(seen);
  const first = tried.find(attempt => attempt.outcome === 'failed');
  return first === undefined ? SILENT : explainAttempt(first);
}

function peersApart({ attempts, a, b }: Evidence): Explanation {
  const relay = attempts.find(attempt => attempt.outcome === 'relayed')?.relay ?? '';
  const heard = a.pairsAnswered + b.pairsAnswered > 0;
  return {
    code: 'peer-refused',
    title: 'The relay was reached, the other peer was not',
    reason: heard
      ? 'Checks were answered at first, then no more.'
      : `Both peers hold a relayed address, yet nothing gets from one to the other. Most often the relay refuses the other’s address (403): here both are relayed addresses of the edge itself, such as ${relay}.`,
    remedy: [
      `Relays of one edge may meet unless external.peers.deny covers their address: take it out there. On another edge or relay, allow the address as a peer (external.peers.allow).`,
      'Behind NAT, name the public address in external.public, and check that relayPorts (UDP) reach the edge.',
    ],
  };
}

function connecting({ attempts }: Evidence): Verdict {
  const relayed = attempts.some(attempt => attempt.outcome === 'relayed');
  return working(
    relayed ? 'checking' : 'allocating',
    relayed ? 'Reaching the other peer' : 'Asking the relay for an address',
    relayed
      ? 'A relayed address is there; both sides now check the way between them.'
      : 'This takes a moment. Silence over UDP is given twelve seconds.',
  );
}

function cameraRefused(said: string): Explanation {
  return {
    code: 'camera-refused',
    title: 'No camera',
    reason: said,
    remedy: ['Allow the camera for this page, or use the generated picture: it tests the relay just as well.'],
  };
}

function notOffered(choice: Choice): Explanation {
  return {
    code: 'transport-not-offered',
    title:
      choice === 'all' ? 'The edge offers no TURN address' : `The edge offers no address for ${choice.toUpperCase()}`,
    reason: 'The iceServers it minted have none.',
    remedy: [
      choice === 'udp' ? 'Set external.udp in the configuration.' : 'Set external.tcp (and udp) in the configuration.',
    ],
  };
}

function notRelayed(type: string): Explanation {
  return {
    code: 'not-relayed',
    title: 'Connected, but not through the relay',
    reason: `The chosen candidate is of type “${type}”. This browser does not honour the relay-only policy.`,
    remedy: ['Extensions and enterprise policies can change WebRTC; try a fresh profile.'],
  };
}

function fails(why: Explanation): Verdict {
  return { kind: 'fails', ...why };
}

function working(code: string, title: string, reason: string): Verdict {
  return { kind: 'working', code, title, reason, remedy: [] };
}

const PROVEN =
  'Both peers reach each other through the relay and nothing but the relay; moving pictures arrive on both sides.';
const IDLE: Verdict = {
  kind: 'idle',
  code: 'idle',
  title: 'Does it work?',
  reason: 'Two peers in this page call each other, through the relay and nothing else. Start, and see.',
  remedy: [],
};
const STOPPED: Verdict = {
  ...IDLE,
  code: 'stopped',
  title: 'Stopped',
  reason: 'The last figures stay until the next call.',
};
const ASKING = working(
  'asking',
  'Asking for credentials',
  'The edge mints a user name and password that end by themselves.',
);
const FIRST_PICTURE = working('first-picture', 'Connected', 'Waiting for the first pictures to be decoded.');
const LOST: Explanation = {
  code: 'call-lost',
  title: 'The call broke off',
  reason: 'It was connected, then nothing more arrived.',
  remedy: ['Check that the edge still runs and that this machine kept its network, then start again.'],
};
const SILENT: Explanation = {
  code: 'no-relay',
  title: 'The browser got no relayed address',
  reason: 'It gave no reason: some browsers never do, and some refuse to use loopback addresses.',
  remedy: ['Try Chromium, Chrome or Edge, or an address of this machine other than 127.0.0.1.'],
};
