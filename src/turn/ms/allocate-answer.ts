import { MS_ATTRIBUTES, type MsMessageView, readMsSequenceNumber, readUint32 } from '../../wire/index.ts';
import type { Allocation } from '../allocation.ts';
import type { Effect } from '../effects.ts';
import type { AllocateAnswer, Granted } from '../opening.ts';
import type { Refused } from '../request.ts';
import { MsAnswer } from './answer.ts';
import { msRefuse } from './refuse.ts';
import type { MsAuthenticRequest } from './request.ts';
import type { MsSession } from './session.ts';
import { msVersionWith } from './version.ts';

const A = MS_ATTRIBUTES;
/** What is said to clients that do not ask for a bandwidth. We limit none (ADR 0012). */
const BANDWIDTH_KBITS = 10_000;

/** How the Microsoft dialect answers an Allocate, the first and those that refresh. */
export class MsAllocateAnswer extends MsAnswer implements AllocateAnswer {
  readonly microsoft: MsSession;
  readonly #version: number;
  readonly #bandwidth: number;
  readonly #number: number;

  constructor(request: MsAuthenticRequest, session: MsSession) {
    super(request, session.key);
    this.microsoft = session;
    this.#version = msVersionWith(request.view);
    this.#bandwidth = bandwidthOf(request.view);
    // Starts at 0: libnice misreads anything that does not fit into its top byte (MS-TURN by observation).
    this.#number = readMsSequenceNumber(request.view, request.view.find(A.MsSequenceNumber)) ?? 0;
  }

  /** In the order that every known client reads. */
  success(allocation: Allocation, { lifetimeSeconds }: Pick<Granted, 'lifetimeSeconds'>): Uint8Array {
    const bytes = this.succeed(w => {
      for (const { address } of allocation.open) if (address !== undefined) w.address(A.MappedAddress, address);
      w.uint32(A.Lifetime, lifetimeSeconds).uint32(A.Bandwidth, this.#bandwidth).uint32(A.MsVersion, this.#version);
      w.xorMappedAddress(allocation.client.address).sequenceNumber(this.microsoft.connectionId, this.#number);
    });
    this.microsoft.lastAllocate = { transactionId: this.transactionId, bytes };
    return bytes;
  }

  refusal(why: Refused): readonly Effect[] {
    return msRefuse(this, why);
  }
}

function bandwidthOf(view: MsMessageView): number {
  return readUint32(view, view.find(A.Bandwidth)) ?? BANDWIDTH_KBITS;
}
