import type { AccessInfo } from '../../control/http/index.ts';
import type { Config, Figures } from '../../control/index.ts';
import type { Native } from '../../native/index.ts';
import type { TransportAddress } from '../../wire/index.ts';
import type { AccessEndpoint } from '../access/access-service.ts';
import { accessEndpoints, accessSockets } from '../access/from-config.ts';
import type { Certificate } from '../certificate.ts';
import type { Logger } from '../log.ts';
import type { Readiness } from '../self-test.ts';
import type { AccessOrder } from './messages.ts';
import { closeShared, openShared, type SharedSocket } from './shared-sockets.ts';
import { accessShareOf } from './shares.ts';
import { ACCESS_MAIN } from './worker-process.ts';
import { WorkerSeat } from './worker-seat.ts';

export interface AccessSeatMeans {
  readonly native: Native;
  readonly environment: Readonly<Record<string, string>>;
  readonly certificate: () => Certificate;
  readonly relays: { readonly udp: readonly TransportAddress[]; readonly tcp: readonly TransportAddress[] };
  /** Origins of the admin listener's pages, once it is open. */
  readonly pages: () => readonly string[];
}

const OCCUPANT = {
  noun: 'access edge',
  about: {},
  lost: 'whoever was signed in has to sign in again',
} as const;
const NOTHING = () => {};

/**
 * The Access Edge's place beside the workers: a process of its own, so that nothing strangers say to it can end anything else. Its
 * sockets stay open here: while it is replaced, clients wait and are not turned away.
 */
export class AccessSeat {
  readonly endpoints: readonly AccessEndpoint[];
  readonly #config: Config;
  readonly #means: AccessSeatMeans;
  readonly #sockets: readonly SharedSocket[];
  readonly #seat: WorkerSeat;
  #info: AccessInfo | undefined;

  /** Opens every listener; throws an OperatorError when one can't be had. */
  constructor(config: Config, means: AccessSeatMeans, log: Logger) {
    this.#config = config;
    this.#means = means;
    this.#sockets = openShared(means.native, accessSockets(config), 1);
    this.endpoints = accessEndpoints(
      config,
      this.#sockets.map(({ address }) => address.port),
    );
    const descriptors = this.#sockets.map(socket => socket.descriptors[0]!);
    const { environment } = means;
    const events = {
      order: () => this.#order(),
      onAccess: (info: AccessInfo) => {
        this.#info = info;
      },
      onQuotas: NOTHING,
      onFirstUses: NOTHING,
      onReservation: NOTHING,
      onGone: NOTHING,
    };
    this.#seat = new WorkerSeat(OCCUPANT, { main: ACCESS_MAIN, descriptors, environment }, events, log);
  }

  /** What clients are told before they sign in; undefined until it has served for the first time. */
  get info(): AccessInfo | undefined {
    return this.#info;
  }

  get restarts(): number {
    return this.#seat.restarts;
  }

  start(): Promise<void> {
    return this.#seat.start();
  }

  useCertificate({ pem, selfSigned }: Certificate): void {
    this.#seat.send({ do: 'use-certificate', pem, selfSigned });
  }

  figures(): Promise<Figures[]> {
    return this.#seat.figures();
  }

  readiness(): Promise<Readiness> {
    return this.#seat.readiness();
  }

  async stop(withinMillis: number): Promise<void> {
    await this.#seat.stop(withinMillis);
    closeShared(this.#means.native, this.#sockets);
  }

  #order(): AccessOrder {
    const { certificate, relays, pages } = this.#means;
    const { pem, selfSigned } = certificate();
    return {
      config: accessShareOf(this.#config),
      sockets: this.#sockets.map(({ transport, address }) => ({ transport, address })),
      relays,
      pem,
      selfSigned,
      pages: pages(),
    };
  }
}
