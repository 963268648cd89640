/** RFC 3261 §17.1.1.1, in milliseconds: round trip, longest interval, and how long a message may linger in the network. */
export const T1 = 500;
export const T2 = 4000;
export const T4 = 5000;
/** Timers B, F, H, L and M, and J where datagrams may come twice. */
export const LONG = 64 * T1;
/** Timer D over datagrams: at least 32 s. */
export const TIMER_D = 32_000;
/** Timer C: more than three minutes (RFC 3261 §16.6, step 11). */
export const TIMER_C = 181_000;
