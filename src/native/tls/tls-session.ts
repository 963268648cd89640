import type { Pointer } from '../libc.ts';
import * as S from './openssl.ts';
import type { TlsContext } from './tls-context.ts';
import { MOST_SEALED, MOST_TAKEN, type TlsMemory } from './tls-memory.ts';

/**
 * How a session is after it was given bytes; `closed`: the other side has said that nothing more will come of it, and may still be written
 * to. After the last two nothing more can be received.
 */
export type TlsState = 'handshaking' | 'open' | 'closed' | 'failed';

/**
 * The server's side of one TLS connection, without its socket: ciphertext in, clear out, and the other way round. What it has to send is to
 * be fetched after each call and before any other session's.
 */
export class TlsSession {
  readonly #memory: TlsMemory;
  readonly #openSsl: S.OpenSsl;
  #ssl: Pointer;
  #state: TlsState = 'handshaking';
  #canSeal = false;

  constructor({ pointer, memory }: TlsContext) {
    const { openSsl, incoming, outgoing } = memory;
    this.#memory = memory;
    this.#openSsl = openSsl;
    this.#ssl = openSsl.SSL_new(pointer);
    if (this.#ssl === 0) throw new Error('OpenSSL has no memory for another session');
    openSsl.BIO_up_ref(incoming);
    openSsl.BIO_up_ref(outgoing);
    openSsl.SSL_set_bio(this.#ssl, incoming, outgoing);
    openSsl.SSL_set_accept_state(this.#ssl);
  }

  get state(): TlsState {
    return this.#state;
  }

  /** Takes bytes of the network, 64 KiB at most. Returns what they are in clear: shared memory, good until any session takes more. Nothing once it is over. */
  take(bytes: Uint8Array): Uint8Array {
    if (bytes.length > MOST_TAKEN) throw new RangeError('more than is taken at once');
    const { clear, incoming } = this.#memory;
    if (this.#state === 'closed' || this.#state === 'failed') return clear.bytes.subarray(0, 0);
    this.#openSsl.ERR_clear_error(); // of whoever: what went wrong here is told from the queue
    this.#dropLeftOver();
    this.#openSsl.BIO_write(incoming, bytes, bytes.length);
    let length = 0;
    for (;;) {
      const read = this.#openSsl.SSL_read(this.#ssl, clear.pointer(length), clear.bytes.length - length);
      if (read <= 0) {
        this.#look(read);
        break;
      }
      length += read;
    }
    return clear.bytes.subarray(0, length);
  }

  /** Whether this session may be written to: from the end of the handshake until we have said that we are done, or it fails. */
  get canSeal(): boolean {
    return this.#canSeal;
  }

  /**
   * Seals bytes[start, ends[0]), bytes[ends[0], ends[1]) and so on, each as a record of its own, or as several where it is longer than a
   * record may be. At most 64 KiB in all.
   */
  seal(bytes: Uint8Array, start: number, ends: readonly number[]): void {
    const { open } = this.#memory;
    const last = ends[ends.length - 1] ?? start;
    if (last - start > MOST_SEALED) throw new RangeError('more than is sealed at once');
    this.#dropLeftOver();
    open.bytes.set(bytes.subarray(start, last));
    let at = start;
    for (let i = 0; i < ends.length; i++) {
      const end = ends[i]!;
      if (end > at && this.#openSsl.SSL_write(this.#ssl, open.pointer(at - start), end - at) <= 0) {
        this.#fail();
        return;
      }
      at = end;
    }
  }

  /** Tells the other side that nothing more will come. */
  sealEnd(): void {
    if (this.#canSeal && this.#openSsl.SSL_shutdown(this.#ssl) < 0) this.#openSsl.ERR_clear_error();
    this.#canSeal = false;
  }

  /** How much there is to send. */
  get pending(): number {
    return this.#openSsl.BIO_ctrl_pending(this.#memory.outgoing);
  }

  /** Moves what is to be sent into this memory, as much as it holds, and returns how much that was. */
  fetch(into: Uint8Array): number {
    return Math.max(0, this.#openSsl.BIO_read(this.#memory.outgoing, into, into.length));
  }

  /** Once; nothing can be called afterwards. */
  free(): void {
    this.#openSsl.SSL_free(this.#ssl);
    this.#ssl = 0;
    this.#state = 'failed';
    this.#canSeal = false;
  }

  /** Why there was nothing more to read. */
  #look(read: number): void {
    const why = this.#openSsl.SSL_get_error(this.#ssl, read);
    if (why === S.SSL_ERROR_WANT_READ) {
      if (this.#state === 'handshaking' && this.#openSsl.SSL_is_init_finished(this.#ssl) === 1) {
        this.#state = 'open';
        this.#canSeal = true;
      }
    } else if (why === S.SSL_ERROR_ZERO_RETURN) {
      this.#state = 'closed';
      this.#forget();
    } else this.#fail();
  }

  /** What another session did not fetch is lost, and its connection with it: it must not reach anybody else. */
  #dropLeftOver(): void {
    if (this.pending > 0) this.#openSsl.BIO_ctrl(this.#memory.outgoing, S.BIO_CTRL_RESET, 0, 0);
  }

  #fail(): void {
    this.#state = 'failed';
    this.#canSeal = false;
    this.#forget();
  }

  /** What was not read is nobody's, and OpenSSL's reasons are not for those who look into its queue next. */
  #forget(): void {
    this.#openSsl.BIO_ctrl(this.#memory.incoming, S.BIO_CTRL_RESET, 0, 0);
    this.#openSsl.ERR_clear_error();
  }
}
