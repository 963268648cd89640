import { ATTRIBUTES, formatAddress, METHODS, parseIp, withPort } from '../../src/wire/index.ts';
import { endpoint, overUdp, TurnTestClient } from '../testkit/turn-client.ts';

/*
 * Run by two-sides.test.ts inside the enterprise: `node desk.ts EDGE PUBLIC`. A client that makes an allocation on the internal side,
 * permits the edge's other relays, prints its relayed address, and sends back what comes.
 */
const [edge = '', known = ''] = process.argv.slice(2);
const client = new TurnTestClient(await overUdp(3478, edge, '0.0.0.0'), { username: 'alice', password: 'wonderland' });
const relayed = await client.relayed();
await client.permit(withPort(parseIp(known)!, 0));
const reply = await client.exchange(client.talker.request(METHODS.Binding));
const [mapped = ''] = reply.addresses(ATTRIBUTES.XorMappedAddress);
process.stdout.write(`${formatAddress(relayed)} ${formatAddress(endpoint(mapped))}\n`);
setInterval(() => {
  for (const { from, payload } of client.arrived.splice(0)) {
    if (typeof from !== 'number') client.indicate(from, payload);
  }
}, 20);
