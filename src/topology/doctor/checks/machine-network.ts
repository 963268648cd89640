import type { ListenerState, MachineFacts } from '../facts.ts';
import { type Finding, fault, ok, type Result, unknown, warning } from '../result.ts';

/** The addresses of the configuration are this machine's, and there is a way out. */
export function ownAddresses({ addresses, routes }: MachineFacts): Result[] {
  const missing = addresses.filter(({ isHere }) => !isHere);
  const found: Result[] = missing.map(({ address, side }) =>
    fault('own-addresses', address, {
      id: 'address-missing',
      place: 'machine',
      seen: `${address} is no address of this machine`,
      means: 'The edge can not open its sockets there, and does not start.',
      change: `name an address that \`ip address\` lists in ${side}.address; the public address of a NAT belongs into external.public`,
    }),
  );
  if (found.length === 0)
    found.push(ok('own-addresses', addresses.map(each => each.address).join(', '), 'on this machine'));
  return [...found, ...routes.map(routed)];
}

function routed({ family, hasDefault }: MachineFacts['routes'][number]): Result {
  if (hasDefault) return ok('routes', `IPv${family}`, 'there is a default route');
  return warning('routes', `IPv${family}`, {
    id: 'no-default-route',
    place: 'machine',
    seen: 'there is no default route',
    means: 'Only hosts of the directly connected networks reach this edge.',
    change: `add one: \`ip ${family === 6 ? '-6 ' : ''}route add default via GATEWAY\``,
  });
}

/** Every listener's port is ours, or free as long as the edge does not run. */
export function portsFree(machine: MachineFacts): Result[] {
  return machine.listeners.map(({ transport, address, state, owner }) => {
    const subject = `${transport.toUpperCase()} ${address}`;
    if (state === 'answers') return ok('ports-free', subject, 'answers as this edge');
    if (state === 'free' && !machine.running) return ok('ports-free', subject, 'free');
    if (state === 'address-missing') return unknown('ports-free', subject, 'the address is not here');
    return closed(subject, transport, state, owner);
  });
}

function closed(subject: string, transport: 'udp' | 'tcp', state: ListenerState, owner: string | undefined): Finding {
  const port = subject.slice(subject.lastIndexOf(':') + 1);
  const find = `ss -${transport === 'udp' ? 'u' : 't'}lnp 'sport = :${port}'`;
  switch (state) {
    case 'taken':
      return fault('ports-free', subject, {
        id: 'port-taken',
        place: 'machine',
        seen: `taken by ${owner ?? 'another program'}`,
        means: 'The edge can not open this port, and does not start.',
        change: `stop ${owner ?? `its owner (\`${find}\`)`}, or configure another port`,
      });
    case 'silent':
      return fault('ports-free', subject, {
        id: 'listener-dumb',
        place: 'edge',
        seen: `open${owner === undefined ? '' : ` by ${owner}`}, and gives no answer`,
        means: 'The edge hangs, or a firewall on this machine drops its packets.',
        change: 'see the log of the edge, `nft list ruleset` and `sallyport firewall verify`',
      });
    case 'free':
      return fault('ports-free', subject, {
        id: 'listener-missing',
        place: 'edge',
        seen: 'nobody listens, though the edge runs',
        means: 'The edge that runs has another configuration.',
        change: 'restart the edge with this configuration',
      });
    case 'forbidden':
      return fault('ports-free', subject, {
        id: 'port-forbidden',
        place: 'machine',
        seen: 'this user may not open it',
        means: 'Ports below 1024 need CAP_NET_BIND_SERVICE.',
        change: 'run the doctor as the edge runs; grant AmbientCapabilities=CAP_NET_BIND_SERVICE in the systemd unit',
      });
    case 'answers':
    case 'address-missing':
    case 'failed':
      return fault('ports-free', subject, {
        id: 'port-unusable',
        place: 'machine',
        seen: 'it can not be opened',
        means: 'The edge can not open this port, and does not start.',
        change: 'see the log of the edge, and whether SELinux or a container forbids it',
      });
  }
}
