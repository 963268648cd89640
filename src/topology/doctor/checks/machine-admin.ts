import type { MachineFacts } from '../facts.ts';
import { fault, ok, type Result, warning } from '../result.ts';

/** The admin listener is where strangers do not reach it. */
export function adminInside({ admin }: MachineFacts): Result[] {
  if (admin === undefined) return [];
  const subject = `${admin.address} port ${admin.port}`;
  if (!admin.isOutside) return [ok('admin-inside', subject, 'not on an external address')];
  return [
    warning('admin-inside', subject, {
      id: 'admin-outside',
      place: 'edge',
      seen: 'on an external address',
      means: 'Strangers reach metrics, health checks and the door to minting credentials.',
      change: admin.isAllowedOutside
        ? 'set admin.address to an internal address or 127.0.0.1 and take admin.allowExternal out; until then close the port in the firewall'
        : 'set admin.address to an internal address or 127.0.0.1',
    }),
  ];
}

/** What the edge says of itself: a datagram relayed on each listener. */
export function selfTest({ admin }: MachineFacts): Result[] {
  const ready = admin?.ready;
  if (ready === undefined) return [];
  const failed = Object.entries(ready.checks).filter(([, said]) => said !== 'ok');
  if (ready.ok) return [ok('self-test', '/readyz', `${Object.keys(ready.checks).length} listeners relay a datagram`)];
  return [
    fault('self-test', '/readyz', {
      id: 'self-test-failed',
      place: 'edge',
      seen: failed.map(([way, said]) => `${way}: ${said}`).join('; ') || 'not ready',
      means: 'The edge does not relay, seen from the edge itself.',
      change: 'see its log; a firewall on this machine may drop what it sends to itself: `sallyport firewall verify`',
    }),
  ];
}

export function workers({ admin }: MachineFacts): Result[] {
  const counted = admin?.workers;
  if (counted === undefined) return [];
  const { serving, configured } = counted;
  if (configured === undefined || serving >= configured) return [ok('workers', 'workers', `${serving} serving`)];
  return [
    warning('workers', 'workers', {
      id: 'workers-missing',
      place: 'edge',
      seen: `${serving} of ${configured} serving`,
      means: 'Part of the clients wait for a worker that is being started again, or there are fewer than configured.',
      change: 'see the log: it says why there are fewer workers, or why one ended',
    }),
  ];
}
