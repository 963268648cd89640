import { request } from 'node:https';

/** What the Access Edge says to somebody who shows his password over HTTPS. */
export interface SaidOverHttps {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: {
    readonly user?: string;
    readonly detail?: string;
    readonly expiresAt?: number;
    readonly sip?: { readonly user: string; readonly password: string; readonly expiresAt: number };
  };
}

/** Asks on `port` of loopback for credentials. Whose certificate it is stays unchecked. */
export function signInOverHttps(port: number, user: string, password: string): Promise<SaidOverHttps> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const { promise, resolve, reject } = Promise.withResolvers<SaidOverHttps>();
  const path = '/v1/access/credentials';
  const asked = request({
    port,
    method: 'POST',
    path,
    headers: { authorization },
    rejectUnauthorized: false,
    agent: false,
  });
  asked.on('error', reject);
  asked.on('response', answer => {
    let text = '';
    answer.on('data', chunk => (text += chunk));
    answer.on('end', () =>
      resolve({ status: answer.statusCode!, type: answer.headers['content-type'], body: JSON.parse(text) }),
    );
  });
  asked.end();
  return promise;
}
