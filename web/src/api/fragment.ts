/**
 * What the address bar asked of the page: `#token=...&transport=tls&picture=camera&start`, and of its phone
 * `#tab=phone&user=alice&password=...&relay-only&call=bob`.
 */
export interface Fragment {
  readonly token: string;
  readonly tab: string;
  readonly user: string;
  readonly password: string;
  /** Whom to call as soon as the phone is ready. */
  readonly call: string;
  readonly relayOnly: boolean;
  readonly transport: string;
  readonly picture: string;
  readonly start: boolean;
}

/** Reads the part after `#`. A browser never sends that part to a server, so no secret of it is in an access log. */
export function readFragment(hash: string): Fragment {
  const asked = new URLSearchParams(hash.replace(/^#/, ''));
  return {
    token: asked.get('token') ?? '',
    tab: asked.get('tab') ?? (asked.has('user') ? 'phone' : ''),
    user: asked.get('user') ?? '',
    password: asked.get('password') ?? '',
    call: asked.get('call') ?? '',
    relayOnly: asked.has('relay-only'),
    transport: asked.get('transport') ?? 'all',
    picture: asked.get('picture') ?? '',
    start: asked.has('start'),
  };
}

/** The same fragment without secrets, for the address bar: history, bookmarks and screen shares do not get them. */
export function withoutSecrets(hash: string): string {
  const asked = new URLSearchParams(hash.replace(/^#/, ''));
  asked.delete('token');
  asked.delete('password');
  const rest = asked.toString().replace(/=(?=&|$)/g, '');
  return rest === '' ? '' : `#${rest}`;
}
