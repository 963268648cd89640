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
export {
  type Clock,
  DgramEngine,
  FAIR_WEATHER,
  MemoryEngine,
  MmsgEngine,
  type MmsgSettings,
  NatBox,
  type NatFiltering,
  type NetworkSocket,
  SimulatedNetwork,
  type Weather,
} from './engines/index.ts';
export { FlowTable } from './flows.ts';
export type { OwnRelays } from './near-relays.ts';
export type { SocketEngine } from './socket-engine.ts';
export { splice } from './splice.ts';
