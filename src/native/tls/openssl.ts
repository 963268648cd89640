import type { Memory, Pointer, Signature } from '../libc.ts';

/**
 * OpenSSL 3 as the running process has it: the library that node's own TLS calls, with the same fixes and the same settings of the
 * machine. Each function is as its manual page says (SSL_read(3), BIO_s_mem(3), ...). A pointer is an address in OpenSSL's memory.
 */
export interface OpenSsl {
  ERR_clear_error(): void;
  ERR_get_error(): number | bigint;
  ERR_error_string_n(error: number | bigint, into: Memory, length: number): void;

  BIO_s_mem(): Pointer;
  BIO_new(method: Pointer): Pointer;
  BIO_new_mem_buf(bytes: Memory, length: number): Pointer;
  BIO_up_ref(bio: Pointer): number;
  BIO_free(bio: Pointer): number;
  BIO_ctrl(bio: Pointer, command: number, argument: number, pointer: 0): number;
  BIO_ctrl_pending(bio: Pointer): number;
  BIO_read(bio: Pointer, into: Memory, length: number): number;
  BIO_write(bio: Pointer, bytes: Memory, length: number): number;

  PEM_read_bio_X509_AUX(bio: Pointer, into: 0, password: 0, argument: 0): Pointer;
  PEM_read_bio_PrivateKey(bio: Pointer, into: 0, password: 0, argument: 0): Pointer;
  X509_free(certificate: Pointer): void;
  EVP_PKEY_free(key: Pointer): void;

  TLS_server_method(): Pointer;
  SSL_CTX_new(method: Pointer): Pointer;
  SSL_CTX_free(context: Pointer): void;
  SSL_CTX_ctrl(context: Pointer, command: number, argument: number, pointer: Pointer): number;
  SSL_CTX_set_options(context: Pointer, options: number): number;
  SSL_CTX_set_cipher_list(context: Pointer, list: string): number;
  SSL_CTX_set_ciphersuites(context: Pointer, list: string): number;
  SSL_CTX_use_certificate(context: Pointer, certificate: Pointer): number;
  SSL_CTX_use_PrivateKey(context: Pointer, key: Pointer): number;
  SSL_CTX_set_alpn_select_cb(context: Pointer, select: Pointer, argument: Pointer): void;
  SSL_select_next_proto(
    chosen: Pointer,
    chosenLength: Pointer,
    ours: Pointer,
    ourLength: number,
    theirs: Pointer,
    theirLength: number,
  ): number;

  SSL_new(context: Pointer): Pointer;
  SSL_free(session: Pointer): void;
  SSL_set_bio(session: Pointer, from: Pointer, to: Pointer): void;
  SSL_set_accept_state(session: Pointer): void;
  SSL_is_init_finished(session: Pointer): number;
  SSL_read(session: Pointer, into: Pointer, length: number): number;
  SSL_write(session: Pointer, bytes: Pointer, length: number): number;
  SSL_get_error(session: Pointer, result: number): number;
  SSL_shutdown(session: Pointer): number;
}

const P = 'uintptr_t';

export const OPENSSL_SIGNATURES: Readonly<Record<keyof OpenSsl, Signature>> = {
  ERR_clear_error: ['void'],
  ERR_get_error: ['ulong'],
  ERR_error_string_n: ['void', 'ulong', 'void *', 'size_t'],

  BIO_s_mem: [P],
  BIO_new: [P, P],
  BIO_new_mem_buf: [P, 'void *', 'int'],
  BIO_up_ref: ['int', P],
  BIO_free: ['int', P],
  BIO_ctrl: ['long', P, 'int', 'long', P],
  BIO_ctrl_pending: ['size_t', P],
  BIO_read: ['int', P, 'void *', 'int'],
  BIO_write: ['int', P, 'void *', 'int'],

  PEM_read_bio_X509_AUX: [P, P, P, P, P],
  PEM_read_bio_PrivateKey: [P, P, P, P, P],
  X509_free: ['void', P],
  EVP_PKEY_free: ['void', P],

  TLS_server_method: [P],
  SSL_CTX_new: [P, P],
  SSL_CTX_free: ['void', P],
  SSL_CTX_ctrl: ['long', P, 'int', 'long', P],
  SSL_CTX_set_options: ['uint64_t', P, 'uint64_t'],
  SSL_CTX_set_cipher_list: ['int', P, 'str'],
  SSL_CTX_set_ciphersuites: ['int', P, 'str'],
  SSL_CTX_use_certificate: ['int', P, P],
  SSL_CTX_use_PrivateKey: ['int', P, P],
  SSL_CTX_set_alpn_select_cb: ['void', P, P, P],
  SSL_select_next_proto: ['int', P, P, P, 'uint', P, 'uint'],

  SSL_new: [P, P],
  SSL_free: ['void', P],
  SSL_set_bio: ['void', P, P, P],
  SSL_set_accept_state: ['void', P],
  SSL_is_init_finished: ['int', P],
  SSL_read: ['int', P, P, 'int'],
  SSL_write: ['int', P, P, 'int'],
  SSL_get_error: ['int', P, 'int'],
  SSL_shutdown: ['int', P],
};

/** The major version whose manual pages these signatures are from. */
export const OPENSSL_MAJOR = 3;

/** int (*)(SSL *, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned int inlen, void *arg) */
export const SELECT_ALPN = `int SallyportSelectAlpn(${P} session, ${P} out, ${P} outlen, ${P} in, uint inlen, ${P} arg)`;
export type SelectAlpn = (
  session: Pointer,
  chosen: Pointer,
  chosenLength: Pointer,
  theirs: Pointer,
  theirLength: number,
  argument: Pointer,
) => number;

// Numbers of the headers ssl.h, bio.h and tls1.h.
export const BIO_CTRL_RESET = 1;
export const SSL_CTRL_MODE = 33;
export const SSL_CTRL_SET_SESS_CACHE_MODE = 44;
export const SSL_CTRL_CHAIN_CERT = 89;
export const SSL_CTRL_SET_MIN_PROTO_VERSION = 123;
export const TLS1_2_VERSION = 0x0303;
export const SSL_SESS_CACHE_OFF = 0;
export const SSL_MODE_RELEASE_BUFFERS = 0x10;
export const SSL_OP_NO_RENEGOTIATION = 1 << 30;
export const SSL_ERROR_WANT_READ = 2;
export const SSL_ERROR_ZERO_RETURN = 6;
export const SSL_TLSEXT_ERR_OK = 0;
export const SSL_TLSEXT_ERR_ALERT_FATAL = 2;
export const OPENSSL_NPN_NEGOTIATED = 1;
