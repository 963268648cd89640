import { randomInt } from 'node:crypto';
import { loopbackRig, overLoopback } from '../conformance/loopback.ts';
import { mmsgRig } from '../conformance/mmsg-rig.ts';
import { DgramEngine } from './dgram.ts';

// In one file, so one after the other: each looks for free ports in the same range of this machine.
overLoopback('dgram', () => loopbackRig(settings => new DgramEngine({ ...settings, random: randomInt })));
overLoopback('mmsg', () => mmsgRig());
