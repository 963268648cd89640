import type { EngineSettings } from '../engine.ts';
import { SocketEngine } from '../socket-engine.ts';
import { DgramSockets } from './dgram-sockets.ts';

/** The portable engine: node:dgram, no native part. */
export class DgramEngine extends SocketEngine {
  constructor(settings: EngineSettings) {
    super(new DgramSockets(), settings);
  }
}
