import { randomInt } from 'node:crypto';
import { loopbackRig, overLoopback } from '../conformance/loopback.ts';
import { DgramEngine } from './dgram.ts';

overLoopback('dgram', () =>
  loopbackRig((upcalls, relayPorts) => new DgramEngine({ upcalls, relayPorts, random: randomInt })),
);
