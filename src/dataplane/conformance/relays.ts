import { expect, test } from 'vitest';
import { type Family, type RelayId, withPort } from '../../wire/index.ts';
import { A_CHANNEL, type NewRig, Stage, somePorts, text } from './stage.ts';

/** How relays come and go, and what becomes of their ports. */
export function relays(newRig: NewRig, family: Family): void {
  test('a relay is answered after openRelay has returned, on our address and a port of the range', async () => {
    const ports = somePorts(100);
    const stage = await Stage.start(await newRig(), family, ports);
    const { relay, client } = await stage.relay();
    const second = 50 as RelayId;
    stage.openRelay(second, client);
    expect(stage.opened.has(second)).toBe(false);
    await stage.answered(second);
    const { address } = stage.opened.get(relay)!;
    expect(withPort(address, 0)).toEqual(withPort(stage.ip, 0));
    expect(address.port).toBeGreaterThanOrEqual(ports.first);
    expect(address.port).toBeLessThanOrEqual(ports.last);
    await stage.rig.close();
  });

  test('every port of a range is found, then there are none, then one again after a relay closes', async () => {
    const stage = await Stage.start(await newRig(), family, somePorts(8));
    const taken: RelayId[] = [];
    for (let i = 0; i < 8; i++) taken.push((await stage.relay()).relay);
    const { relay } = await stage.ask(await stage.host());
    expect(await stage.answered(relay)).toBe('no-ports');
    stage.engine.closeRelay(taken[3]!);
    await stage.relay();
    expect(stage.inUse.ports).toEqual({ used: 8, held: 0, free: 0 });
    await stage.rig.close();
  });

  test('a port that another program has is passed over', async () => {
    const ports = somePorts(4);
    const stage = await Stage.start(await newRig(), family, ports);
    for (const port of [0, 1, 3]) await stage.host(ports.first + port);
    const { address } = await stage.relay();
    expect(address.port).toBe(ports.first + 2);
    const { relay } = await stage.ask(await stage.host());
    expect(await stage.answered(relay)).toBe('port-taken');
    expect(stage.inUse.ports).toEqual({ used: 1, held: 0, free: 3 });
    await stage.rig.close();
  });

  test('a TCP relay is denied by an engine that has none', async () => {
    const stage = await Stage.start(await newRig(), family);
    if (!stage.engine.canRelayTcp) {
      const { relay } = await stage.ask(await stage.host(), { transport: 'tcp' });
      expect(await stage.answered(relay)).toBe('denied');
      expect(stage.inUse).toMatchObject({ clients: 0, relays: 0, ports: { used: 0 } });
    }
    await stage.rig.close();
  });

  test('an address that is not ours is denied', async () => {
    const stage = await Stage.start(await newRig(), family);
    const ip = family === 4 ? { w0: 0, w1: 0, w2: 0xffff, w3: 0x01010101 } : { w0: 0x20010db8, w1: 0, w2: 0, w3: 1 };
    const { relay } = await stage.ask(await stage.host(), { ip });
    expect(await stage.answered(relay)).toBe('denied');
    expect(stage.inUse).toMatchObject({ clients: 0, relays: 0 });
    await stage.rig.close();
  });

  test('the client of a relay that failed can still be told so, and then is forgotten', async () => {
    const stage = await Stage.start(await newRig(), family, somePorts(1));
    await stage.relay();
    const host = await stage.host();
    stage.onFailed = () => stage.engine.toClient(stage.arrivals.at(-1)!.client.id, text('508'), 0, 3);
    const { relay } = await stage.ask(host);
    expect(await stage.answered(relay)).toBe('no-ports');
    await stage.rig.until(() => host.received.length === 1);
    expect(stage.inUse.clients).toBe(1);
    await stage.rig.close();
  });

  test('an even port is even, and the port held beside it is claimed or given back', async () => {
    const stage = await Stage.start(await newRig(), family, somePorts(4));
    const even = await stage.relay({ port: 'even' });
    expect(even.address.port % 2).toBe(0);
    expect(even.reserved).toBeUndefined();
    const pair = await stage.relay({ port: 'even-and-next' });
    expect(pair.reserved).toBe(pair.address.port + 1);
    const claimed = await stage.relay({ port: { reserved: pair.reserved! } });
    expect(claimed.address.port).toBe(pair.reserved);
    const { relay } = await stage.ask(await stage.host(), { port: { reserved: pair.reserved! } });
    expect(await stage.answered(relay)).toBe('port-taken');
    for (const { relay } of [even, claimed, pair]) stage.engine.closeRelay(relay);
    const again = await stage.relay({ port: 'even-and-next' });
    stage.engine.closeRelay(again.relay);
    expect(stage.inUse.ports).toEqual({ used: 0, held: 1, free: 3 });
    stage.engine.releaseReservation(stage.ip, again.reserved!);
    expect(stage.inUse.ports).toEqual({ used: 0, held: 0, free: 4 });
    await stage.rig.close();
  });

  test('nothing listens on a port that is not allocated, held ports included', async () => {
    const ports = somePorts(6);
    const stage = await Stage.start(await newRig(), family, ports);
    const { address } = await stage.relay({ port: 'even-and-next' });
    for (let port = ports.first; port <= ports.last; port++) {
      const host = await stage.rig.host(withPort(stage.ip, port));
      expect(host === 'in-use').toBe(port === address.port);
    }
    await stage.rig.close();
  });

  test('a closed relay gives its port, flows and client back at once', async () => {
    const stage = await Stage.start(await newRig(), family);
    const { relay, address, client } = await stage.relay();
    const peer = await stage.host();
    stage.engine.permit(relay, peer.address);
    stage.engine.installChannel(relay, A_CHANNEL, peer.address);
    expect(stage.inUse).toMatchObject({ clients: 1, flows: 2, relays: 1, ports: { used: 1 } });
    stage.engine.closeRelay(relay);
    expect(stage.inUse).toMatchObject({ clients: 0, flows: 0, relays: 0, ports: { used: 0 } });
    await stage.host(address.port);
    stage.engine.toPeer(relay, peer.address, text('x'), 0, 1);
    stage.engine.toClient(client, text('x'), 0, 1);
    stage.engine.permit(relay, peer.address);
    stage.engine.installChannel(relay, A_CHANNEL, peer.address);
    stage.engine.removeChannel(relay, A_CHANNEL);
    stage.engine.forbid(relay, peer.address);
    stage.engine.closeRelay(relay);
    expect([stage.drops('no-relay'), stage.drops('no-client')]).toEqual([1, 1]);
    expect(stage.inUse.flows).toBe(0);
    await stage.rig.close();
  });

  test('a relay that is closed before it was opened is never heard of and leaks nothing', async () => {
    const stage = await Stage.start(await newRig(), family, somePorts(2));
    const { client } = await stage.relay();
    for (const port of ['any', 'even-and-next'] as const) {
      stage.openRelay(60 as RelayId, client, { port });
      stage.engine.closeRelay(60 as RelayId);
    }
    stage.openRelay(61 as RelayId, client);
    await stage.answered(61 as RelayId);
    expect([stage.opened.has(60 as RelayId), stage.failed.has(60 as RelayId)]).toEqual([false, false]);
    stage.engine.closeRelay(61 as RelayId);
    expect(stage.inUse).toMatchObject({ clients: 1, relays: 1, ports: { used: 1, held: 0, free: 1 } });
    await stage.rig.close();
  });

  test('two engines in one process do not share ports, clients or counters', async () => {
    const rig = await newRig();
    const ports = somePorts(2);
    const [one, two] = [await Stage.start(rig, family, ports), await Stage.start(rig, family, ports)];
    const [a, b] = [await one.relay(), await two.relay()];
    expect(a.address.port).not.toBe(b.address.port);
    one.engine.permit(a.relay, a.address);
    expect([one.inUse.flows, two.inUse.flows]).toEqual([1, 0]);
    two.engine.toPeer(b.relay, a.address, text('x'), 0, 1);
    expect([one.drops('no-permission-out'), two.drops('no-permission-out')]).toEqual([0, 1]);
    await rig.close();
  });

  test('a listener that can not be bound rejects with the reason', async () => {
    const stage = await Stage.start(await newRig(), family);
    await expect(stage.engine.listen(stage.listener)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await stage.rig.close();
  });

  test('a closed engine has closed every socket and says nothing more', async () => {
    const stage = await Stage.start(await newRig(), family);
    const { address, client } = await stage.relay();
    stage.openRelay(70 as RelayId, client);
    await stage.engine.close();
    await stage.host(address.port);
    await stage.host(stage.listener.port);
    expect(stage.inUse).toMatchObject({ clients: 0, flows: 0, relays: 0, ports: { used: 0, held: 0 } });
    expect(stage.opened.size + stage.failed.size).toBe(1);
    await stage.rig.close();
  });
}
