export type {
  Client,
  Counters,
  DropReason,
  Engine,
  EngineSettings,
  RelayAsk,
  RelayFailure,
  RelayTraffic,
  StreamSink,
  Traffic,
  Upcalls,
} from './engine.ts';
export { DROP_REASONS, HEADROOM, TAILROOM } from './engine.ts';
export { DgramEngine } from './engines/dgram.ts';
export { MemoryEngine } from './engines/memory.ts';
export {
  type Clock,
  FAIR_WEATHER,
  type NetworkSocket,
  SimulatedNetwork,
  type Weather,
} from './engines/memory-network.ts';
export { NatBox, type NatFiltering } from './engines/nat-box.ts';
export { FlowTable } from './flows.ts';
export type { SocketEngine } from './socket-engine.ts';
