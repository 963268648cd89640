/** Why the admin API refused a request. The names are the values of `sallyport_admin_refusals_total{reason}`. */
export const ADMIN_REFUSALS = ['no-token', 'wrong-token', 'too-many-failures', 'bad-request'] as const;
export type AdminRefusal = (typeof ADMIN_REFUSALS)[number];

/** What the admin API has to tell the log and the counters. Holds no token and no password. */
export type AdminEvent =
  | { readonly event: 'minted'; readonly route: string; readonly user: string; readonly lifetimeSeconds: number }
  | { readonly event: 'refused'; readonly route: string; readonly reason: AdminRefusal; readonly from: string }
  /** A mistake of ours or of what was handed in; the caller was told only that it happened. */
  | { readonly event: 'failed'; readonly route: string; readonly error: unknown };
