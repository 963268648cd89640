export { MmsgEngine, type MmsgSettings } from './mmsg.ts';
