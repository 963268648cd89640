import { DEFAULT_CIPHERS } from 'node:tls';
import { Arena } from '../arena.ts';
import type { Pointer } from '../libc.ts';
import type { Native } from '../load.ts';
import * as S from './openssl.ts';
import { TlsMemory } from './tls-memory.ts';

export interface TlsContextSettings {
  /** PEM: the certificate, its chain after it. */
  readonly certificate: string;
  /** PEM, unencrypted. */
  readonly key: string;
  /** What is agreed to when a client names protocols, in order of preference; one that names none of these is refused (RFC 7301 §3.2). */
  readonly protocols: readonly string[];
}

/** What a TLS server presents and asks for: TLS 1.2 or newer, the ciphers that node would take, no renegotiation. */
export class TlsContext {
  readonly memory: TlsMemory;
  readonly pointer: Pointer;

  /** Throws an Error that says what OpenSSL did not like. */
  constructor(native: Native, { certificate, key, protocols }: TlsContextSettings) {
    const { openSsl } = native;
    if (openSsl === undefined) throw new Error('this process has no OpenSSL that can be called');
    this.memory = TlsMemory.of(native, openSsl);
    this.pointer = allocated(openSsl, 'SSL_CTX_new', openSsl.SSL_CTX_new(openSsl.TLS_server_method()));
    try {
      this.#limit(openSsl);
      this.#present(openSsl, certificate, key);
      openSsl.SSL_CTX_set_alpn_select_cb(this.pointer, selectorOf(native, openSsl, protocols), 0);
    } catch (error) {
      this.free();
      throw error;
    }
  }

  /** No new session can be made. Those that there are keep it alive. */
  free(): void {
    this.memory.openSsl.SSL_CTX_free(this.pointer);
  }

  #limit(openSsl: S.OpenSsl): void {
    const set = (command: number, value: number) => openSsl.SSL_CTX_ctrl(this.pointer, command, value, 0);
    set(S.SSL_CTRL_SET_MIN_PROTO_VERSION, S.TLS1_2_VERSION);
    set(S.SSL_CTRL_MODE, S.SSL_MODE_RELEASE_BUFFERS); // a connection at rest holds none
    set(S.SSL_CTRL_SET_SESS_CACHE_MODE, S.SSL_SESS_CACHE_OFF); // tickets are kept by the clients
    openSsl.SSL_CTX_set_options(this.pointer, S.SSL_OP_NO_RENEGOTIATION);
    const ciphers = DEFAULT_CIPHERS.split(':');
    const ofTls13 = ciphers.filter(name => name.startsWith('TLS_'));
    const older = ciphers.filter(name => !name.startsWith('TLS_'));
    done(openSsl, 'the ciphers of TLS 1.3', openSsl.SSL_CTX_set_ciphersuites(this.pointer, ofTls13.join(':')));
    done(openSsl, 'the ciphers of TLS 1.2', openSsl.SSL_CTX_set_cipher_list(this.pointer, older.join(':')));
  }

  #present(openSsl: S.OpenSsl, certificate: string, key: string): void {
    const [own, ...chain] = certificatesIn(openSsl, certificate);
    if (own === undefined) throw new Error('there is no certificate in it');
    done(openSsl, 'the certificate', openSsl.SSL_CTX_use_certificate(this.pointer, own));
    openSsl.X509_free(own); // the context has its own hold of it, and takes over ours of the chain's
    for (const issuer of chain) openSsl.SSL_CTX_ctrl(this.pointer, S.SSL_CTRL_CHAIN_CERT, 0, issuer);
    const privateKey = reading(openSsl, key, bio => openSsl.PEM_read_bio_PrivateKey(bio, 0, 0, 0));
    const used = openSsl.SSL_CTX_use_PrivateKey(this.pointer, allocated(openSsl, 'the key', privateKey));
    openSsl.EVP_PKEY_free(privateKey);
    done(openSsl, 'the key', used);
  }
}

function certificatesIn(openSsl: S.OpenSsl, pem: string): Pointer[] {
  return reading(openSsl, pem, bio => {
    const found: Pointer[] = [];
    for (;;) {
      const next = openSsl.PEM_read_bio_X509_AUX(bio, 0, 0, 0);
      if (next === 0) break;
      found.push(next);
    }
    openSsl.ERR_clear_error(); // that there are no more
    return found;
  });
}

function reading<T>(openSsl: S.OpenSsl, text: string, read: (bio: Pointer) => T): T {
  const bytes = Buffer.from(text);
  const bio = openSsl.BIO_new_mem_buf(bytes, bytes.length);
  try {
    return read(bio);
  } finally {
    openSsl.BIO_free(bio);
  }
}

/** Room for the names of our protocols. */
const ALPN_PLACE = 256;

/** One for each list of protocols: what OpenSSL calls back is never given up. */
const selectors = new Map<string, Pointer>();

function selectorOf(native: Native, openSsl: S.OpenSsl, protocols: readonly string[]): Pointer {
  const list = protocols.map(name => `${String.fromCharCode(name.length)}${name}`).join('');
  const known = selectors.get(list);
  if (known !== undefined) return known;
  const ours = new Arena(native, ALPN_PLACE);
  ours.bytes.set(Buffer.from(list, 'latin1'));
  const select: S.SelectAlpn = (_, chosen, chosenLength, theirs, theirLength) => {
    const found = openSsl.SSL_select_next_proto(chosen, chosenLength, ours.address, list.length, theirs, theirLength);
    return found === S.OPENSSL_NPN_NEGOTIATED ? S.SSL_TLSEXT_ERR_OK : S.SSL_TLSEXT_ERR_ALERT_FATAL;
  };
  const selector = native.callback(S.SELECT_ALPN, select);
  selectors.set(list, selector);
  return selector;
}

function allocated(openSsl: S.OpenSsl, what: string, pointer: Pointer): Pointer {
  if (pointer === 0) throw new Error(`${what}: ${reasonOf(openSsl)}`);
  return pointer;
}

function done(openSsl: S.OpenSsl, what: string, result: number): void {
  if (result !== 1) throw new Error(`${what}: ${reasonOf(openSsl)}`);
}

/** OpenSSL's own words for what went wrong first, which are taken out of its queue with all others. */
function reasonOf(openSsl: S.OpenSsl): string {
  const text = Buffer.alloc(256);
  openSsl.ERR_error_string_n(openSsl.ERR_get_error(), text, text.length);
  openSsl.ERR_clear_error();
  return text.toString('latin1', 0, text.indexOf(0));
}
