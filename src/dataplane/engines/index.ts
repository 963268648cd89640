export { DgramEngine } from './dgram.ts';
export { MemoryEngine } from './memory.ts';
export {
  type Clock,
  FAIR_WEATHER,
  type NetworkSocket,
  type Receive,
  SimulatedNetwork,
  type Weather,
} from './memory-network.ts';
export { MmsgEngine, type MmsgSettings } from './mmsg/index.ts';
export { NatBox, type NatFiltering } from './nat-box.ts';
