import { randomInt } from 'node:crypto';
import { loopbackRig } from '../conformance/loopback.ts';
import { conformance } from '../conformance.ts';
import { DgramEngine } from './dgram.ts';

conformance('dgram', () =>
  loopbackRig((upcalls, relayPorts) => new DgramEngine({ upcalls, relayPorts, random: randomInt })),
);
