import {
  type BufferSizes,
  boundTo,
  EPOLLERR,
  EPOLLIN,
  Epoll,
  ErrorQueue,
  type Native,
  openUdp,
  receiveErrors,
  receiveRuns,
  SystemError,
  setBuffers,
  setDontFragment,
} from '../../../native/index.ts';
import { familyOf, type IpAddress, type RelayId, type TransportAddress, withPort } from '../../../wire/index.ts';
import type { Forwarder } from '../../forwarder.ts';
import type { Sent } from '../../packet-sockets.ts';
import type { BindOutcome } from '../../relay-opener.ts';
import type { EngineSockets } from '../../socket-engine.ts';
import { TcpRelays } from '../tcp-relays.ts';
import { BatchSocket, NOTHING } from './batch-socket.ts';
import { EVENTS, PacketMemory } from './packet-memory.ts';
import { MOST_AT_ONCE, ReceiveBatch } from './receive-batch.ts';
import { SendBatch } from './send-batch.ts';

/** Asked of the kernel for listeners, which carry everybody's packets; it grants what its limits allow. */
const LISTENER_BUFFER = 4 * 1024 * 1024;
/** What one turn may take, so that TCP, TLS and timers have theirs: a millisecond or two. */
const MOST_PER_TURN = 512;
/** Fewer datagrams than this in a round, and it is cheaper to let node's loop tell of the next. */
const WORTH_ANOTHER_ROUND = 16;

/** Errors that one socket may tell of in one round. */
const MOST_ERRORS = 16;
/** Datagrams at once that make a burst. */
const BURST = 8;

export interface MmsgOptions {
  readonly reusePort: boolean;
  /** What the kernel can do, as found out at the start. */
  readonly sendsRuns: boolean;
  readonly receivesRuns: boolean;
  readonly deviceOf: (ip: IpAddress) => string | undefined;
}

/** Sockets of libc behind one epoll: received and sent in batches, through memory that nothing is allocated in. */
export class MmsgSockets implements EngineSockets {
  readonly name = 'mmsg';
  readonly canDontFragment = true;
  readonly tcp = TcpRelays.where();
  readonly #native: Native;
  readonly #options: MmsgOptions;
  readonly #epoll: Epoll;
  readonly #memory: PacketMemory;
  readonly #sends: SendBatch;
  readonly #receives: ReceiveBatch;
  readonly #errors: ErrorQueue;
  readonly #listeners: (BatchSocket | undefined)[] = [];
  readonly #relays: (BatchSocket | undefined)[] = [];
  readonly #flushSoon = () => this.#flushLate();
  #socketBuffers: BufferSizes | undefined;
  #forwarder!: Forwarder;
  #round = 0;
  #isInTurn = false;
  #isFlushDue = false;
  #isClosed = false;

  constructor(native: Native, options: MmsgOptions) {
    this.#native = native;
    this.#options = options;
    this.#memory = new PacketMemory(native);
    this.#sends = new SendBatch(native, this.#memory, reason => this.#forwarder.drop(reason));
    this.#receives = new ReceiveBatch(native, this.#memory, this.#sends);
    this.#errors = new ErrorQueue(native);
    this.#epoll = new Epoll(native);
    this.#epoll.start(() => this.#turn());
  }

  get socketBuffers(): BufferSizes | undefined {
    return this.#socketBuffers;
  }

  receiveWith(forwarder: Forwarder): void {
    this.#forwarder = forwarder;
  }

  async bindListener(listener: number, address: TransportAddress, descriptor?: number): Promise<TransportAddress> {
    const { libc } = this.#native;
    const family = familyOf(address);
    const fd = descriptor ?? this.#openUdp(address, this.#options.reusePort);
    this.#socketBuffers = setBuffers(libc, fd, LISTENER_BUFFER);
    const socket = new BatchSocket(fd, family, false, listener, MOST_AT_ONCE, this.#options.sendsRuns);
    this.#listeners[listener] = socket;
    this.#receiveRuns(socket);
    this.#epoll.add(fd, tokenOfListener(listener));
    return withPort(address, boundTo(libc, fd).port);
  }

  bindRelay(relay: RelayId, ip: IpAddress, port: number, answer: (outcome: BindOutcome) => void): void {
    answer(this.#openRelay(relay, ip, port));
  }

  closeRelay(relay: RelayId): void {
    const socket = this.#relays[relay];
    if (socket === undefined) return;
    this.#relays[relay] = undefined;
    this.#close(socket);
  }

  soon(task: () => void): void {
    queueMicrotask(task);
  }

  sendToClient(listener: number, to: TransportAddress, bytes: Uint8Array, start: number, end: number): Sent {
    const socket = this.#listeners[listener];
    if (socket === undefined) return 'no-client';
    return this.#send(socket, to, bytes, start, end);
  }

  sendToPeer(
    relay: RelayId,
    to: TransportAddress,
    bytes: Uint8Array,
    start: number,
    end: number,
    dontFragment: boolean,
  ): Sent {
    const socket = this.#relays[relay];
    if (socket === undefined) return this.tcp?.sendToPeer(relay, to, bytes, start, end) ?? 'no-relay';
    if (socket.doesFragment === dontFragment) this.#setFragmenting(socket, !dontFragment);
    if (dontFragment) socket.wholeTo = to.port;
    return this.#send(socket, to, bytes, start, end);
  }

  copy(bytes: Uint8Array, start: number, end: number): number {
    return this.#sends.copy(bytes, start, end);
  }

  get copies(): Uint8Array {
    return this.#memory.bytes;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const socket of [...this.#listeners, ...this.#relays]) if (socket !== undefined) this.#close(socket);
    this.#listeners.length = 0;
    this.#relays.length = 0;
    this.#epoll.close();
  }

  #openRelay(relay: RelayId, ip: IpAddress, port: number): BindOutcome {
    const { libc } = this.#native;
    const family = familyOf(ip);
    try {
      const fd = this.#openUdp(withPort(ip, port), false);
      setDontFragment(libc, fd, family, false);
      receiveErrors(libc, fd, family);
      while (this.#relays.length <= relay) this.#relays.push(undefined);
      this.#relays[relay] = new BatchSocket(fd, family, true, relay, 1, this.#options.sendsRuns);
      this.#epoll.add(fd, tokenOfRelay(relay));
      return 'bound';
    } catch (error) {
      if (error instanceof SystemError) return error.code === 'EADDRINUSE' ? 'in-use' : 'denied';
      throw error;
    }
  }

  #openUdp(address: TransportAddress, reusePort: boolean): number {
    const device = this.#options.deviceOf(address);
    return openUdp(this.#native.libc, address, { family: familyOf(address), reusePort, device });
  }

  #close(socket: BatchSocket): void {
    // Its number could be another socket's by the time of the next flush.
    if (socket.head !== NOTHING) this.#sends.flush();
    this.#native.libc.close(socket.fd); // leaves the epoll by itself
  }

  #send(socket: BatchSocket, to: TransportAddress, bytes: Uint8Array, start: number, end: number): Sent {
    this.#sends.add(socket, to, bytes, start, end);
    if (!this.#isInTurn && !this.#isFlushDue) {
      this.#isFlushDue = true;
      setImmediate(this.#flushSoon);
    }
    return 'sent';
  }

  /**
   * Sends that were not caused by a datagram of ours go together as well, when node has been through all that is ready: TLS hands
   * over each record by itself, and node ends its microtasks after each.
   */
  #flushLate(): void {
    this.#isFlushDue = false;
    if (!this.#isClosed) this.#sends.flush();
  }

  /** The kernel knows it per socket, so what waits goes first. */
  #setFragmenting(socket: BatchSocket, doesFragment: boolean): void {
    this.#sends.flush();
    socket.doesFragment = doesFragment;
    setDontFragment(this.#native.libc, socket.fd, socket.family, !doesFragment);
  }

  /** Called by node's event loop while a socket is ready. */
  #turn(): void {
    this.#isInTurn = true;
    for (let taken = 0; taken < MOST_PER_TURN; ) {
      const inRound = this.#readAll();
      this.#receives.flush();
      taken += inRound;
      if (inRound < WORTH_ANOTHER_ROUND) break;
    }
    this.#isInTurn = false;
  }

  /** Reads every socket that is ready, each once. */
  #readAll(): number {
    if (this.#isClosed) return 0;
    const ready = this.#epoll.ready(this.#memory.eventsPointer, EVENTS);
    const { words, events } = this.#memory;
    const stride = this.#native.epollEvent.size / 4;
    const data = this.#native.epollEvent.data / 4;
    let taken = 0;
    this.#round = (this.#round + 1) | 0;
    for (let i = 0; i < ready; i++) {
      const at = events + i * stride;
      const socket = this.#socketOf(words[at + data]!);
      if (socket !== undefined) taken += this.#read(socket, words[at]!);
    }
    return taken;
  }

  #read(socket: BatchSocket, what: number): number {
    if ((what & EPOLLERR) !== 0) this.#readErrors(socket);
    if ((what & EPOLLIN) === 0) return 0;
    if (socket.isRelay && socket.readIn === this.#round - 1) this.#expectMore(socket);
    socket.readIn = this.#round;
    return this.#receives.read(socket, this.#forwarder);
  }

  /** A relay that is ready in round after round gets bursts: they are read together, and from some size on as runs. */
  #expectMore(socket: BatchSocket): void {
    if (socket.want < MOST_AT_ONCE) socket.want *= 2;
    if (socket.want === BURST) this.#receiveRuns(socket);
  }

  #receiveRuns(socket: BatchSocket): void {
    if (this.#options.receivesRuns && !socket.receivesRuns)
      socket.receivesRuns = receiveRuns(this.#native.libc, socket.fd);
  }

  /** ICMP's answers to what a relay sent: at most so many at once, since whoever sends them is not counted otherwise. */
  #readErrors(socket: BatchSocket): void {
    const errors = this.#errors;
    for (let i = 0; i < MOST_ERRORS; i++) {
      const what = errors.next(socket.fd);
      if (what === 'none') return;
      if (errors.to.port === 0) errors.to.port = socket.wholeTo; // for one that was too big, IPv4 tells no port
      if (what === 'icmp' && socket.isRelay) {
        this.#forwarder.errorFromPeer(socket.owner as RelayId, errors.to, errors.type, errors.code, errors.data);
      }
    }
  }

  #socketOf(token: number): BatchSocket | undefined {
    return (token & 1) === 0 ? this.#relays[token >> 1] : this.#listeners[token >> 1];
  }
}

function tokenOfRelay(relay: number): number {
  return relay << 1;
}

function tokenOfListener(listener: number): number {
  return (listener << 1) | 1;
}
