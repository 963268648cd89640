import {
  copyOf,
  formatAddress,
  formatIp,
  type IpAddress,
  type Millis,
  type TransportAddress,
  withPort,
} from '../../wire/index.ts';
import type { NatBox } from './nat-box.ts';

/** The time a simulated network lives in. */
export interface Clock {
  readonly now: Millis;
  at(when: Millis, run: () => void): void;
}

/** What happens to datagrams on their way. Probabilities are from 0 to 1; unequal delays reorder. */
export interface Weather {
  readonly loss: number;
  readonly duplication: number;
  readonly leastDelay: Millis;
  readonly mostDelay: Millis;
}

export const FAIR_WEATHER: Weather = { loss: 0, duplication: 0, leastDelay: 1, mostDelay: 1 };

export type Receive = (from: TransportAddress, bytes: Uint8Array) => void;

/** A socket of the simulated network. */
export interface NetworkSocket {
  readonly address: TransportAddress;
  /** Bytes are borrowed until the call returns. */
  send(to: TransportAddress, bytes: Uint8Array): void;
  close(): void;
}

const FIRST_EPHEMERAL = 49_152;
const EPHEMERAL = 0x10000 - FIRST_EPHEMERAL;
const MILLION = 1_000_000;

/** UDP between hosts in one process, on a clock and dice that are handed in: the same seed gives the same run. */
export class SimulatedNetwork {
  readonly clock: Clock;
  readonly fate = { sent: 0, delivered: 0, lost: 0, duplicated: 0, unreachable: 0 };
  weather: Weather;
  readonly #random: (below: number) => number;
  readonly #sockets = new Map<string, Receive>();
  readonly #hosts = new Set<string>();
  readonly #natOf = new Map<string, NatBox>();
  readonly #natAt = new Map<string, NatBox>();

  constructor(clock: Clock, random: (below: number) => number, weather: Weather = FAIR_WEATHER) {
    this.clock = clock;
    this.weather = weather;
    this.#random = random;
  }

  /** Names an address as a host's: an engine may bind its relays there. */
  addHost(ip: IpAddress): void {
    this.#hosts.add(formatIp(ip));
  }

  hasHost(ip: IpAddress): boolean {
    return this.#hosts.has(formatIp(ip));
  }

  /** How many sockets are open: what a leak would show in. */
  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Puts a host behind a NAT; several hosts may share one. */
  putBehind(nat: NatBox, host: IpAddress): void {
    this.#natOf.set(formatIp(host), nat);
    this.#natAt.set(formatIp(nat.outside), nat);
  }

  /** Opens a socket; port 0 is any free one. */
  open(address: TransportAddress, receive: Receive): NetworkSocket | 'in-use' {
    const own = address.port === 0 ? this.#freePort(address) : copyOf(address);
    const key = formatAddress(own);
    if (this.#sockets.has(key)) return 'in-use';
    this.#sockets.set(key, receive);
    return {
      address: own,
      send: (to, bytes) => this.#send(own, copyOf(to), bytes.slice()),
      close: () => {
        if (this.#sockets.get(key) === receive) this.#sockets.delete(key);
      },
    };
  }

  isOpen(address: TransportAddress): boolean {
    return this.#sockets.has(formatAddress(address));
  }

  #send(from: TransportAddress, to: TransportAddress, bytes: Uint8Array): void {
    this.fate.sent++;
    const seen = this.#natOf.get(formatIp(from))?.outgoing(from, to) ?? from;
    if (this.#happens(this.weather.loss)) {
      this.fate.lost++;
      return;
    }
    this.#carry(seen, to, bytes);
    if (!this.#happens(this.weather.duplication)) return;
    this.fate.duplicated++;
    this.#carry(seen, to, bytes.slice());
  }

  #carry(from: TransportAddress, to: TransportAddress, bytes: Uint8Array): void {
    const { leastDelay, mostDelay } = this.weather;
    const delay = leastDelay + this.#random(mostDelay - leastDelay + 1);
    this.clock.at(this.clock.now + delay, () => this.#deliver(from, to, bytes));
  }

  #deliver(from: TransportAddress, to: TransportAddress, bytes: Uint8Array): void {
    const nat = this.#natAt.get(formatIp(to));
    const target = nat === undefined ? to : nat.incoming(to.port, from);
    const receive = target === undefined ? undefined : this.#sockets.get(formatAddress(target));
    if (receive === undefined) {
      this.fate.unreachable++;
      return;
    }
    this.fate.delivered++;
    receive(from, bytes);
  }

  #happens(probability: number): boolean {
    return probability > 0 && this.#random(MILLION) < probability * MILLION;
  }

  #freePort(ip: IpAddress): TransportAddress {
    let address = withPort(ip, FIRST_EPHEMERAL + this.#random(EPHEMERAL));
    while (this.isOpen(address)) address = withPort(ip, FIRST_EPHEMERAL + this.#random(EPHEMERAL));
    return address;
  }
}
