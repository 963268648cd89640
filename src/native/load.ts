import { createRequire } from 'node:module';
import { arch, endianness, platform } from 'node:os';
import type koffi from 'koffi'; // its types only: whether it loads is found out below
import { type EpollEventLayout, epollEventOn } from './layouts.ts';
import { type Libc, type Pointer, SIGNATURES, type Signature } from './libc.ts';
import { HASH_SIGNATURES, type OpenSslHashes } from './openssl-hmac.ts';
import { OPENSSL_MAJOR, OPENSSL_SIGNATURES, type OpenSsl } from './tls/openssl.ts';

/** Everything that needs native code, behind one probe. */
export interface Native {
  readonly libc: Libc;
  /** Undefined where the process has none that it shows, or another major version. */
  readonly openSsl: OpenSsl | undefined;
  /** Undefined where they are left out of it. */
  readonly openSslHashes: OpenSslHashes | undefined;
  readonly epollEvent: EpollEventLayout;
  /** An ArrayBuffer over memory that is not JavaScript's: it must stay mapped as long as the buffer lives. */
  view(at: Pointer, length: number): ArrayBuffer;
  /**
   * Calls back in node's event loop while `fd` is readable. Keep the handle: the process ends, or the handle is collected, without it.
   */
  poll(fd: number, callback: () => void): PollHandle;
  /** A C function of this prototype that calls back into JavaScript, on this thread and during a call of ours. It stays for good. */
  callback(prototype: string, callback: (...values: number[]) => number): Pointer;
}

export interface PollHandle {
  close(): void;
  ref(): void;
  unref(): void;
}

type Koffi = typeof koffi;
type LibraryHandle = ReturnType<Koffi['load']>;

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
  const libc = { ...functionsOf(process, SIGNATURES), errno: () => koffi.errno() } as Libc;
  return {
    libc,
    openSsl: openSslOf<OpenSsl>(process, OPENSSL_SIGNATURES),
    openSslHashes: openSslOf<OpenSslHashes>(process, HASH_SIGNATURES),
    epollEvent: epollEventOn(arch()),
    view: (at, length) => koffi.view(BigInt(at), length),
    poll: (fd, callback) => koffi.node.poll(fd, { readable: true }, callback),
    callback: (prototype, callback) => Number(koffi.register(callback, koffi.pointer(koffi.proto(prototype)))),
  };
}

type Signatures = Readonly<Record<string, Signature>>;

function functionsOf(library: LibraryHandle, signatures: Signatures): Record<string, unknown> {
  const functions = Object.entries(signatures).map(([name, [result, ...parameters]]) => [
    name,
    library.func(name, result, parameters),
  ]);
  return Object.fromEntries(functions) as Record<string, unknown>;
}

/** Some of its functions, if it has all of them and is of the version that is known. */
function openSslOf<T>(process: LibraryHandle, signatures: Signatures): T | undefined {
  try {
    const majorVersion = process.func('OPENSSL_version_major', 'uint', []) as () => number;
    return majorVersion() === OPENSSL_MAJOR ? (functionsOf(process, signatures) as T) : undefined;
  } catch {
    return undefined; // BoringSSL, say, or symbols that are not exported
  }
}
