import type { SignInRefused } from '../api/access.ts';
import type { Explanation } from '../call/explain.ts';

/** A reason in words; where the test of the Call tab knows more, a way there. */
export interface Trouble extends Explanation {
  readonly leadsToTest?: boolean;
}

/** Why nobody is signed in. */
export function explainSignIn(why: SignInRefused, said: string): Trouble {
  const known = BY_REFUSAL[why];
  return why === 'password-wrong' || said === '' ? known : { ...known, reason: `${known.reason} (${said})` };
}

/** Why the registrar took no registration, by its SIP status; 0: it said nothing. `algorithm` is what its challenge asks for. */
export function explainRegistration(status: number, algorithm = ''): Trouble {
  const isPassword = status === 401 || status === 407;
  if (isPassword && algorithm !== '' && algorithm.toUpperCase() !== 'MD5') return ALGORITHM;
  if (isPassword) return BY_REFUSAL['password-wrong'];
  if (status === 403) return BY_REFUSAL['locked-out'];
  return status === 0 ? NO_SIP : { ...NO_SIP, reason: `Its answer to the registration was ${status}.` };
}

/** Why a call came to nothing, or broke off; null when there is nothing to explain: somebody hung up. */
export interface CallEnd {
  /** The SIP status of who refused; 0 when it was not a refusal. */
  readonly status: number;
  readonly cause: string;
  readonly by: 'local' | 'remote' | 'system';
  /** The other end's name. */
  readonly name: string;
}

export function explainCallEnd({ status, cause, by, name }: CallEnd): Trouble | null {
  if (status !== 0) return byStatus(status, name);
  if (by === 'local' || cause === 'Terminated' || cause === 'Canceled') return null;
  return BY_CAUSE[cause] ?? { ...FAILED, reason: `The phone says: ${cause}.` };
}

function byStatus(status: number, name: string): Trouble | null {
  const [title, reason, ...remedy] = STATUS_WORDS[status] ?? rangeWords(status);
  if (title === '') return null;
  return {
    code: `sip-${status}`,
    title: fill(title, name),
    reason: fill(reason, name),
    remedy: remedy.map(one => fill(one, name)),
  };
}

function fill(words: string, name: string): string {
  return words.replaceAll('{name}', name);
}

type Words = readonly [title: string, reason: string, ...remedy: string[]];

/** SIP status codes as a caller meets them (RFC 3261 §21). */
const STATUS_WORDS: Readonly<Record<number, Words>> = {
  403: [
    'Not allowed to call {name}',
    '403: the edge or the other side forbids this call.',
    'If the address is of another domain, an administrator has to federate with it.',
  ],
  404: ['There is no {name}', '404: nobody has this address.', 'Check the spelling.'],
  408: [
    '{name} did not answer',
    '408: the call reached nobody in time.',
    'Try again later: the other phone may have lost its network.',
  ],
  430: ['{name} has just lost the connection', '430: the way to that phone is gone.', 'Try again in a few seconds.'],
  480: [
    '{name} is not signed in',
    '480: no phone is signed in under this address at the moment.',
    'Ask them to open this page and sign in, then call again.',
  ],
  486: ['{name} is busy', '486: there is another call at that phone.', 'Try again in a moment.'],
  487: ['', ''],
  488: [
    'The phones have no format in common',
    '488: the other phone takes neither the sound nor the picture this browser offers.',
    'Phones that speak no WebRTC (DTLS-SRTP, ICE) cannot be called from a browser.',
  ],
  503: ['The edge is overloaded', '503: it takes no more calls at the moment.', 'Try again in a moment.'],
  504: [
    'The other server does not answer',
    '504: the edge knows where {name} belongs, and cannot reach the server there.',
    'An administrator finds the next hop and the reason in the log of the edge.',
  ],
  600: ['{name} is busy', '600: busy on every phone.', 'Try again in a moment.'],
  603: ['{name} declined', '603: the call was turned down.'],
  604: ['There is no {name}', '604: nobody has this address, anywhere.', 'Check the spelling.'],
};

function rangeWords(status: number): Words {
  if (status >= 500 && status < 600) {
    return [
      'The call failed on the way',
      `${status}: a server could not handle it.`,
      'Try again; the log of the edge says more.',
    ];
  }
  return ['{name} could not be called', `${status}: the call was refused.`, 'The log of the edge says more.'];
}

const BY_REFUSAL: Readonly<Record<SignInRefused, Trouble>> = {
  'password-wrong': {
    code: 'password-wrong',
    title: 'User name or password is wrong',
    reason: 'The edge knows no user with this name and password.',
    remedy: ['Check both, and whether Caps Lock is on. An administrator sets a new one with: sallyport users add'],
  },
  'not-from-here': {
    code: 'not-from-here',
    title: 'Signing in is not allowed from here',
    reason: 'The edge knows this user, and refuses him here.',
    remedy: ['An administrator sees and sets from which side a user may sign in: sallyport users list'],
  },
  'locked-out': {
    code: 'locked-out',
    title: 'Too many wrong passwords',
    reason: 'The edge refuses this user, or this network, for a while.',
    remedy: ['Wait a minute before the next try.'],
  },
  'edge-unreachable': {
    code: 'edge-unreachable',
    title: 'The edge does not answer',
    reason: 'No connection came about.',
    remedy: [
      'Check the network of this machine, and whether the edge runs.',
      'If this page is not from the edge itself, its certificate has to be trusted and this page named under access.origins.',
    ],
  },
  'no-credentials': {
    code: 'no-credentials',
    title: 'The edge has no relay for this user',
    reason: 'The password is right, yet no relay credentials can be given.',
    remedy: ['The log of the edge says why.'],
  },
  'edge-failed': {
    code: 'edge-failed',
    title: 'The edge gave no credentials',
    reason: 'Its answer was not one this page understands.',
    remedy: ['The log of the edge says why.'],
  },
};

const NO_SIP: Trouble = {
  code: 'not-registered',
  title: 'The phone could not sign in',
  reason: 'The password is right, but the edge did not take the registration.',
  remedy: ['A proxy in between may block WebSockets. The log of the edge says more.'],
};

const ALGORITHM: Trouble = {
  code: 'algorithm-unsupported',
  title: 'The password is kept in a form this phone cannot use',
  reason: 'The edge keeps this user’s password for SHA-256 only, and the phone’s SIP library knows MD5.',
  remedy: ['An administrator sets the password anew for both: sallyport users add'],
};

const FAILED: Trouble = {
  code: 'call-failed',
  title: 'The call failed',
  reason: '',
  remedy: ['Try again.'],
};

const BY_CAUSE: Readonly<Record<string, Trouble>> = {
  'No Answer': {
    code: 'no-answer',
    title: 'Nobody answered',
    reason: 'It rang for as long as a phone rings.',
    remedy: ['Try again later.'],
  },
  'Connection Error': {
    code: 'signalling-lost',
    title: 'The connection to the edge broke',
    reason: 'The call had not been set up yet.',
    remedy: ['The phone reconnects by itself: call again as soon as it is ready.'],
  },
  'Request Timeout': {
    code: 'no-response',
    title: 'The edge does not answer',
    reason: 'The call was sent, and nothing came back.',
    remedy: ['Check the network of this machine, then try again.'],
  },
};

/** Relay-only, and no relay gave an address. */
export const RELAY_NOT_REACHED: Trouble = {
  code: 'relay-not-reached',
  title: 'The relay was not reached',
  reason: 'This call may use the relay only, and the browser got no address from it.',
  remedy: ['The test tries every way to the relay and says what is in the way.'],
  leadsToTest: true,
};

/** Both ends agreed, and no packet came through. */
export const NO_PATH: Trouble = {
  code: 'no-path',
  title: 'No way between the two phones',
  reason: 'The call was answered, but neither sound nor picture found a way.',
  remedy: ['The test shows whether the relay can be reached from here, and how.'],
  leadsToTest: true,
};

export const CALL_LOST: Trouble = {
  code: 'call-lost',
  title: 'The call broke off',
  reason: 'Sound and picture stopped and did not come back.',
  remedy: ['Check the network of this machine, then call again.'],
};

/** While a password is good, and SIP is away. */
export const RECONNECTING: Trouble = {
  code: 'reconnecting',
  title: 'Reconnecting',
  reason: 'The connection to the edge is gone. A call in progress goes on; new ones have to wait.',
  remedy: [],
};

export const DIAL_WORDS: Readonly<Record<'empty' | 'not-an-address' | 'own-address', string>> = {
  empty: 'Type a name, such as bob, or an address, such as bob@example.test.',
  'not-an-address': 'That is no address: use a name, such as bob, or an address, such as bob@example.test.',
  'own-address': 'That is you.',
};
