import type { Config } from '../control/index.ts';
import {
  type Certificate,
  type CertificateFiles,
  certificateFrom,
  selfSignedCertificate,
  watchCertificate,
} from './certificate.ts';
import type { Logger } from './log.ts';
import { sidesFrom } from './sides.ts';

const CHECK_MILLIS = 5_000;

/** The certificate that is presented now, and its files when it is the operator's own: they are watched, and a bad new one changes nothing. */
export class CertificateKeeper {
  readonly #files: CertificateFiles | undefined;
  readonly #log: Logger;
  #current: Certificate;
  #onRenewed: (certificate: Certificate) => void = () => {};
  #stopWatching: () => void = () => {};

  /** The configured one, or one made now; throws an OperatorError when its files are unusable. */
  static async open(config: Config, log: Logger): Promise<CertificateKeeper> {
    const { tls } = config;
    const told = sidesFrom(config).flatMap(({ addresses }) => addresses.all.map(({ advertised }) => advertised));
    const first = tls ? certificateFrom(tls) : await selfSignedCertificate(told);
    return new CertificateKeeper(first, tls, log);
  }

  private constructor(first: Certificate, files: CertificateFiles | undefined, log: Logger) {
    this.#current = first;
    this.#files = files;
    this.#log = log;
  }

  get current(): Certificate {
    return this.#current;
  }

  /** From now on the files are looked at, and whoever presents the certificate is told of a new one. */
  watch(onRenewed: (certificate: Certificate) => void, everyMillis: number = CHECK_MILLIS): void {
    this.#onRenewed = onRenewed;
    if (this.#files !== undefined) this.#stopWatching = watchCertificate(this.#files, everyMillis, () => this.reload());
  }

  /** Reads the files again, now. */
  reload(): void {
    if (this.#files === undefined) return;
    try {
      this.#current = certificateFrom(this.#files);
    } catch (error) {
      this.#log.error({ reason: (error as Error).message }, 'the new certificate is unusable: the old one stays');
      return;
    }
    this.#onRenewed(this.#current);
    this.#log.info({ certificate: this.#files.certificate, notAfter: this.#current.notAfter }, 'certificate renewed');
  }

  warnWhenSelfSigned(): void {
    const { selfSigned, fingerprint } = this.#current;
    if (!selfSigned) return;
    this.#log.warn(
      { fingerprint },
      'TLS uses a self-signed certificate made at this start: browsers refuse it; name your own under tls',
    );
  }

  close(): void {
    this.#stopWatching();
  }
}
