/** What the address bar asked of the page: `#token=...&transport=tls&picture=camera&start`. */
export interface Fragment {
  readonly token: string;
  readonly transport: string;
  readonly picture: string;
  readonly start: boolean;
}

/** Reads the part after `#`. A browser never sends that part to a server, so the token is in no access log. */
export function readFragment(hash: string): Fragment {
  const asked = new URLSearchParams(hash.replace(/^#/, ''));
  return {
    token: asked.get('token') ?? '',
    transport: asked.get('transport') ?? 'all',
    picture: asked.get('picture') ?? 'generated',
    start: asked.has('start'),
  };
}

/** The same fragment without the token, for the address bar: history, bookmarks and screen shares do not get it. */
export function withoutToken(hash: string): string {
  const asked = new URLSearchParams(hash.replace(/^#/, ''));
  asked.delete('token');
  const rest = asked.toString().replace(/=(?=&|$)/g, '');
  return rest === '' ? '' : `#${rest}`;
}
