import { type Signal, signal } from '@preact/signals';
import type { UA } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { IceServer } from '../api/credentials.ts';
import { type CallEvent, type CallStage, isAnswered, nextStage } from './call-stage.ts';
import { CALL_LOST, explainCallEnd, NO_PATH, RELAY_NOT_REACHED, type Trouble } from './explain.ts';
import { holdUntilGathered } from './gathered.ts';
import { Meter } from './meter.ts';
import type { OwnMedia } from './own-media.ts';

/** Failed checks take a browser some fifteen seconds to admit. */
const PATH_DEADLINE_MS = 25_000;
/** A path that is gone for longer does not come back. */
const LOST_DEADLINE_MS = 30_000;
/** Who was called lets who called mend the path first: two offers at once refuse each other. */
const MEND_LATER_MS = 4_000;
/** RFC 4028 §4. JsSIP's 90 seconds end a call whose line is away at the wrong moment; that media has stopped, ICE notices sooner. */
const SESSION_TIMER_SECONDS = 1800;

export type Direction = 'outgoing' | 'incoming';

/** What a call asks of the phone it belongs to. */
export interface CallHost {
  openOwn(): Promise<OwnMedia>;
  /** How ICE is to be done now. */
  ice(): Promise<RTCConfiguration>;
  isReady(): boolean;
  /** It is over; `trouble` says why, when nobody meant it to be. */
  over(call: PhoneCall, trouble: Trouble | null): void;
}

/** One call: a JsSIP session as signals, with what is sent and received. */
export class PhoneCall {
  readonly address: string;
  readonly name: string;
  readonly direction: Direction;
  readonly stage: Signal<CallStage>;
  readonly talkingSinceMs = signal<number | null>(null);
  readonly isMuted = signal(false);
  readonly isCameraOff = signal(false);
  readonly own = signal<OwnMedia | null>(null);
  readonly received = signal<MediaStream | null>(null);
  readonly meter = new Meter();
  /** For the list of calls: taken, or missed. */
  wasAnswered = false;
  readonly #host: CallHost;
  #session: RTCSession | null;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #mending: ReturnType<typeof setTimeout> | undefined;
  /** Ours, for an end that a session does not know the reason of. */
  #trouble: Trouble | null = null;

  constructor(who: { address: string; name: string }, host: CallHost, session: RTCSession | null = null) {
    this.address = who.address;
    this.name = who.name;
    this.direction = session === null ? 'outgoing' : 'incoming';
    this.#host = host;
    this.stage = signal<CallStage>(session === null ? 'preparing' : 'incoming');
    this.#session = session;
    if (session !== null) this.#listenTo(session);
  }

  /** Opens camera and microphone, then calls. */
  async dial(ua: UA): Promise<void> {
    const prepared = await this.#prepare();
    if (prepared === null) return;
    const session = ua.call(`sip:${this.address}`, prepared);
    this.#session = session;
    this.#listenTo(session);
    this.#listenToMedia(session.connection);
    this.#on('invited');
  }

  async answer(): Promise<void> {
    const session = this.#session;
    if (session === null || this.stage.value !== 'incoming') return;
    this.#on('answers');
    const prepared = await this.#prepare();
    if (prepared === null) return;
    session.answer(prepared);
    this.#listenToMedia(session.connection);
  }

  /** 603: all phones of this user stop ringing (RFC 3261 §21.6.2). */
  decline(): void {
    this.#terminate({ status_code: 603 });
  }

  hangUp(): void {
    if (this.stage.value === 'incoming') this.decline();
    else this.#terminate();
  }

  toggleMute(): void {
    this.isMuted.value = !this.isMuted.value;
    this.#applyMutes();
  }

  toggleCamera(): void {
    this.isCameraOff.value = !this.isCameraOff.value;
    this.#applyMutes();
  }

  /** Sends something else from now on: the other end is not asked, since the format stays. */
  async sendOther(opened: OwnMedia): Promise<void> {
    if (this.stage.value === 'ended') return opened.stop();
    const before = this.own.value;
    this.own.value = opened;
    this.#applyMutes();
    const senders = this.#session?.connection?.getSenders() ?? [];
    for (const track of opened.stream.getTracks()) {
      await senders.find(sender => sender.track?.kind === track.kind)?.replaceTrack(track);
    }
    before?.stop();
  }

  /** Looks for a path anew, with the credentials of now: an ICE restart (RFC 8445 §9). */
  async mendPath(): Promise<void> {
    const { iceServers = [] } = await this.#host.ice();
    const session = this.#session;
    if (session === null || !isAnswered(this.stage.value) || !this.#host.isReady()) return;
    session.connection.setConfiguration({ ...session.connection.getConfiguration(), iceServers });
    const begun = session.renegotiate({ rtcOfferConstraints: { iceRestart: true } });
    if (!begun) this.#mendIn(1_000); // the other end is at it
  }

  #mendIn(ms: number): void {
    clearTimeout(this.#mending);
    this.#mending = setTimeout(() => void this.mendPath(), ms);
  }

  async #prepare() {
    const [own, pcConfig] = await Promise.all([this.#host.openOwn(), this.#host.ice()]);
    if (this.stage.value !== 'preparing') {
      own.stop();
      return null;
    }
    this.own.value = own;
    this.#applyMutes();
    const mediaStream = new MediaStream(own.stream.getTracks());
    return { mediaStream, pcConfig, sessionTimersExpires: SESSION_TIMER_SECONDS };
  }

  #applyMutes(): void {
    for (const track of this.own.value?.stream.getTracks() ?? []) {
      track.enabled = track.kind === 'audio' ? !this.isMuted.value : !this.isCameraOff.value;
    }
  }

  #listenTo(session: RTCSession): void {
    session.on('progress', ({ originator }: { originator: string }) => originator === 'remote' && this.#on('rings'));
    session.on('accepted', () => this.#onAnswered());
    session.on('ended', end => this.#onEnded(end));
    session.on('failed', end => this.#onEnded(end));
  }

  #listenToMedia(connection: RTCPeerConnection): void {
    holdUntilGathered(connection, { gathered: relays => this.#onGathered(connection, relays) });
    const received = new MediaStream();
    connection.addEventListener('track', ({ track }) => {
      received.addTrack(track);
      this.received.value = received;
    });
    connection.addEventListener('connectionstatechange', () => this.#onPath(connection.connectionState));
    this.meter.start(connection);
  }

  #onGathered(connection: RTCPeerConnection, relays: number): void {
    const relayOnly = connection.getConfiguration().iceTransportPolicy === 'relay';
    if (relayOnly && relays === 0 && this.talkingSinceMs.value === null) this.#endWith(RELAY_NOT_REACHED);
  }

  #onAnswered(): void {
    this.#on('answered');
    this.wasAnswered = true;
    this.#deadline = setTimeout(() => this.#endWith(NO_PATH), PATH_DEADLINE_MS);
    // the path may have been there before the answer was
    const { connection } = this.#session!;
    if (connection !== null) this.#onPath(connection.connectionState);
  }

  #onPath(state: RTCPeerConnectionState): void {
    if (!isAnswered(this.stage.value)) return;
    const wasTalking = this.stage.value === 'talking';
    if (state === 'connected') {
      this.#on('path-up');
      this.talkingSinceMs.value ??= Date.now();
      clearTimeout(this.#deadline);
      clearTimeout(this.#mending);
    } else if (state === 'disconnected' || state === 'failed') {
      this.#on('path-down');
      if (wasTalking) this.#deadline = setTimeout(() => this.#endWith(CALL_LOST), LOST_DEADLINE_MS);
      if (state === 'failed' && this.stage.value === 'connecting') this.#endWith(NO_PATH);
      else if (state === 'failed') this.#mendIn(this.direction === 'outgoing' ? 0 : MEND_LATER_MS);
    }
  }

  #endWith(trouble: Trouble): void {
    this.#trouble ??= trouble;
    this.#terminate();
  }

  /** A session that has ended meanwhile has said so. */
  #terminate(options: { status_code?: number } = {}): void {
    const session = this.#session;
    if (session === null) this.#finish(this.#trouble);
    else if (!session.isEnded()) session.terminate(options);
  }

  #onEnded({ originator, cause, message }: { originator: string; cause: string; message: unknown }): void {
    const by = originator as 'local' | 'remote' | 'system';
    const { status_code: status = 0 } = (message ?? {}) as { status_code?: number };
    this.#finish(this.#trouble ?? explainCallEnd({ status, cause, by, name: this.name }));
  }

  #finish(trouble: Trouble | null): void {
    if (this.stage.value === 'ended') return;
    this.#on('over');
    clearTimeout(this.#deadline);
    clearTimeout(this.#mending);
    this.meter.stop();
    this.own.value?.stop();
    this.own.value = null;
    this.received.value = null;
    this.#host.over(this, trouble);
  }

  #on(event: CallEvent): void {
    this.stage.value = nextStage(this.stage.value, event);
  }
}

export function iceConfiguration(servers: readonly IceServer[], relayOnly: boolean): RTCConfiguration {
  return {
    iceServers: servers.map(server => ({ ...server, urls: [...server.urls] })),
    iceTransportPolicy: relayOnly ? 'relay' : 'all',
    bundlePolicy: 'max-bundle',
  };
}
