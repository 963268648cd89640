import { createRequire } from 'node:module';
import { arch, endianness, platform } from 'node:os';
import type koffi from 'koffi'; // its types only: whether it loads is found out below
import { type EpollEventLayout, epollEventOn } from './layouts.ts';
import { type Libc, type Pointer, SIGNATURES } from './libc.ts';

/** Everything that needs native code, behind one probe. */
export interface Native {
  readonly libc: Libc;
  readonly epollEvent: EpollEventLayout;
  /** An ArrayBuffer over memory that is not JavaScript's: it must stay mapped as long as the buffer lives. */
  view(at: Pointer, length: number): ArrayBuffer;
  /**
   * Calls back in node's event loop while `fd` is readable. Keep the handle: the process ends, or the handle is collected, without it.
   */
  poll(fd: number, callback: () => void): PollHandle;
}

export interface PollHandle {
  close(): void;
  ref(): void;
  unref(): void;
}

type Koffi = typeof koffi;

const ARCHITECTURES = ['x64', 'arm64'];

let loaded: Native | string | undefined;

/** The native layer, or why there is none here. Tried once. */
export function loadNative(): Native | string {
  loaded ??= load();
  return loaded;
}

function load(): Native | string {
  if (platform() !== 'linux') return `it needs Linux, and this is ${platform()}`;
  if (!ARCHITECTURES.includes(arch()) || endianness() !== 'LE') return `it does not know the processor ${arch()}`;
  try {
    return nativeOf(createRequire(import.meta.url)('koffi') as Koffi);
  } catch (error) {
    return `koffi does not load: ${(error as Error).message.split('\n', 1)[0]}`;
  }
}

function nativeOf(koffi: Koffi): Native {
  // Null is the running process: its own libc, whichever that is.
  const process = koffi.load(null);
  const calls = Object.entries(SIGNATURES).map(([name, [result, ...parameters]]) => [
    name,
    process.func(name, result, parameters),
  ]);
  const libc = { ...Object.fromEntries(calls), errno: () => koffi.errno() } as Libc;
  return {
    libc,
    epollEvent: epollEventOn(arch()),
    view: (at, length) => koffi.view(BigInt(at), length),
    poll: (fd, callback) => koffi.node.poll(fd, { readable: true }, callback),
  };
}
