import { ATTRIBUTES, type MessageWriter } from '../wire/index.ts';
import type { Allocation } from './allocation.ts';
import { Answer } from './answer.ts';
import { type Effect, REFUSALS } from './effects.ts';
import type { AllocateAnswer, Granted } from './opening.ts';
import { refuseWith } from './refuse.ts';
import type { Refused } from './request.ts';

/** How RFC 8656 answers an Allocate. */
export class StandardAllocateAnswer extends Answer implements AllocateAnswer {
  readonly microsoft = undefined;

  success(allocation: Allocation, granted: Granted): Uint8Array {
    return this.succeed(w => writeSuccess(allocation, granted, w));
  }

  refusal(why: Refused): readonly Effect[] {
    return refuseWith(this, why);
  }
}

/** The body of an Allocate success (RFC 8656 §7.2). */
function writeSuccess(allocation: Allocation, granted: Granted, w: MessageWriter): void {
  const { lifetimeSeconds, failed, reservationToken } = granted;
  for (const { address } of allocation.open) {
    if (address !== undefined) w.xorAddress(ATTRIBUTES.XorRelayedAddress, address);
  }
  w.xorAddress(ATTRIBUTES.XorMappedAddress, allocation.client.address).uint32(ATTRIBUTES.Lifetime, lifetimeSeconds);
  for (const [family, refusal] of failed) w.addressErrorCode(family, REFUSALS[refusal]);
  if (reservationToken !== undefined) w.raw(ATTRIBUTES.ReservationToken, reservationToken);
}
