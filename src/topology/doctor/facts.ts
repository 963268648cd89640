import type { Family, Millis } from '../../wire/index.ts';
import type { Expected } from './expected.ts';

/*
 * What a doctor or a probe saw, without judgement. Everything is JSON: a probe's facts travel to the doctor as they are. Addresses are
 * texts (`192.0.2.1`, `192.0.2.1:3478`, `[2001:db8::1]:3478`); checks read them.
 */

export type Transport = 'udp' | 'tcp' | 'tls';

/** How an attempt to be answered ended. `refused`: somebody said that nobody listens there. `garbled`: an answer that is no STUN. */
export type Outcome = 'answered' | 'silent' | 'refused' | 'unreachable' | 'garbled';

/** What a request signed with a credential came to; `code` is of the refusal. */
export interface Acceptance {
  readonly said: 'accepted' | 'silent' | 'refused';
  readonly code?: number | undefined;
}

export interface TlsFacts {
  /** The name that was asked for; none when there is only an address. */
  readonly name: string | undefined;
  /** Why the chain is not trusted, in OpenSSL's word; undefined when it is. */
  readonly chainError: string | undefined;
  readonly names: readonly string[];
  readonly matches: boolean;
  readonly notBefore: Millis;
  readonly notAfter: Millis;
}

/** One listener, tried over one transport. */
export interface Reach {
  readonly transport: Transport;
  readonly port: number;
  readonly outcome: Outcome;
  readonly millis?: number | undefined;
  /** Our own end, and what the edge says it is. */
  readonly local?: string | undefined;
  readonly mapped?: string | undefined;
  readonly tls?: TlsFacts | undefined;
  /** What a challenge said. */
  readonly realm?: string | undefined;
  readonly standard?: Acceptance | undefined;
  readonly microsoft?: Acceptance | undefined;
}

/** Where datagrams were seen to come from: nothing arrived when there is no `from`. */
export interface Arrival {
  readonly from?: string | undefined;
}

/** Datagrams of one relay, to and from a socket of the observer's own. */
export interface RelayedFacts {
  readonly relayed: string;
  readonly peer: { readonly local: string; readonly mapped?: string | undefined };
  /** To two sockets that had sent nothing before: what a NAT does with packets the edge sends first. */
  readonly outFirst: readonly Arrival[];
  /** From our socket to the relayed address: who the edge says it came from. */
  readonly inward: Arrival;
  /** The same to the address we reached the edge by, with the relayed port: when the relayed address is another one. */
  readonly inwardAtDialled?: Arrival | undefined;
  /** Back to our socket once it has sent: what a NAT remembers. */
  readonly outReply: Arrival;
  readonly idle?: IdleFacts | undefined;
  readonly sizes: readonly SizeFacts[];
}

export interface IdleFacts {
  readonly seconds: number;
  readonly out: Arrival;
  readonly inward: Arrival;
  /** Our reflexive address before and after. */
  readonly mapped: readonly [before: string | undefined, after: string | undefined];
}

/** Whether a datagram of this many bytes of payload arrived. */
export interface SizeFacts {
  readonly bytes: number;
  readonly out: boolean;
  readonly inward: boolean;
}

/** Relay ports that a datagram was sent to from outside. */
export interface PortFacts {
  readonly reached: readonly number[];
  readonly lost: readonly number[];
  /** Ports of the range that no allocation was given in the time there was. */
  readonly untried: number;
}

/** What a partner's edge would do towards this one or take from it, tried by the observer in its place. */
export interface PartnerWay {
  /** Seen from the edge. */
  readonly direction: 'in' | 'out';
  readonly protocol: 'udp' | 'tcp';
  /** Where it was sent to: a port of the edge's or of ours. */
  readonly port: number;
  readonly outcome: 'arrived' | 'lost' | 'untried';
  /** Whom it came from when it arrived; for those untried there is a reason. */
  readonly from?: string | undefined;
  readonly why?: string | undefined;
}

/** A Binding request to some other server, through a relay or from the edge's own address. */
export interface Elsewhere {
  /** The edge's own public address, another edge of its pool, or any STUN server on the Internet. */
  readonly what: 'own' | 'mate' | 'stun';
  readonly server: string;
  readonly via: 'relay' | 'direct';
  readonly outcome: Outcome;
  /** Our end there: the relayed address or the socket's. */
  readonly local: string;
  readonly mapped?: string | undefined;
}

export interface PeerPolicyFacts {
  readonly peer: string;
  readonly answered: 'allowed' | 'denied' | 'silent';
  readonly expected: 'allowed' | 'denied';
  /** The rule that decides, where the configuration is known. */
  readonly because?: string | undefined;
}

/** Everything tried on one address of the edge. */
export interface TargetFacts {
  readonly address: string;
  readonly family: Family;
  readonly reaches: readonly Reach[];
  readonly allocation?: { readonly via: Transport; readonly relayed: string } | { readonly code: number } | undefined;
  readonly relayed?: RelayedFacts | undefined;
  readonly ports?: PortFacts | undefined;
  readonly relayToRelay?: boolean | undefined;
  readonly partner?: readonly PartnerWay[] | undefined;
  readonly elsewhere: readonly Elsewhere[];
  readonly peerPolicy: readonly PeerPolicyFacts[];
  /** Our own NAT: the mapping from one socket towards a second address of the edge (RFC 5780 §4.3). */
  readonly otherMapped?:
    | { readonly other: string; readonly mapped: string; readonly otherwise: string | undefined }
    | undefined;
}

/** How far a clock is ahead of ours. `between` bounds it when it could only be narrowed down. */
export interface ClockFacts {
  readonly whose: 'edge' | 'observer';
  readonly against: string;
  readonly aheadMillis: Millis | undefined;
  readonly toleranceMillis: Millis;
}

export type ListenerState = 'answers' | 'silent' | 'free' | 'taken' | 'forbidden' | 'address-missing' | 'failed';

/** What the machine of the edge says about itself. */
export interface MachineFacts {
  readonly running: boolean;
  readonly addresses: readonly {
    readonly address: string;
    readonly side: 'external' | 'internal';
    readonly isHere: boolean;
  }[];
  readonly routes: readonly { readonly family: Family; readonly hasDefault: boolean }[];
  readonly listeners: readonly {
    readonly transport: 'udp' | 'tcp';
    readonly address: string;
    readonly state: ListenerState;
    readonly owner?: string | undefined;
  }[];
  readonly relayPorts: {
    readonly tried: number;
    readonly taken: readonly { readonly port: number; readonly owner?: string | undefined }[];
  };
  readonly openFiles: {
    readonly needed: number;
    readonly allowed: number | undefined;
    readonly whose: 'edge' | 'doctor';
  };
  readonly ephemeral: PortSpan | undefined;
  readonly reserved: readonly PortSpan[];
  readonly admin: AdminFacts | undefined;
  readonly certificate: CertificateFacts | undefined;
}

export interface PortSpan {
  readonly first: number;
  readonly last: number;
}

export interface AdminFacts {
  readonly address: string;
  readonly port: number;
  readonly isOutside: boolean;
  readonly isAllowedOutside: boolean;
  readonly ready?: { readonly ok: boolean; readonly checks: Readonly<Record<string, string>> } | undefined;
  /** How many workers serve, and are meant to. */
  readonly workers?: { readonly serving: number; readonly configured: number | undefined } | undefined;
}

export interface CertificateFacts {
  readonly file: string;
  readonly error?: string | undefined;
  readonly names: readonly string[];
  readonly notAfter?: Millis | undefined;
  /** Addresses that its first name resolves to; undefined when it was not asked. */
  readonly resolvesTo?: readonly string[] | undefined;
}

export interface Facts {
  readonly by: 'doctor' | 'probe';
  readonly at: Millis;
  readonly expected: Expected;
  readonly targets: readonly TargetFacts[];
  readonly clocks: readonly ClockFacts[];
  readonly machine?: MachineFacts | undefined;
}
