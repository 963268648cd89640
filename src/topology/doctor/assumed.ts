import { type ConfigInput, loadConfig } from '../../control/config/index.ts';
import { type Expected, expectedOf, isRelayed } from './expected.ts';
import type { TokenPayload } from './token.ts';

const SECRET = 'only planned with';
/** What it is does not matter to the rules outside, but that it is. */
const SOME_INSIDE = { address: 'fd53:616c:6c79::1', networks: ['fd53:616c:6c79::/64'] };

/** What a token says of its edge, with the rules that follow from it. */
export function expectedByToken(token: TokenPayload): Expected {
  const { side, told, own, udp, tcp, name, relayPorts, relayIn, relayOut, partners, isTwoSided } = token;
  const ranges = `${relayPorts.first}-${relayPorts.last}`;
  const input =
    side === 'external'
      ? {
          external: { address: [...own], public: [...told], udp: [...udp], tcp: [...tcp] },
          ...(isTwoSided ? { internal: SOME_INSIDE } : {}),
          relayPorts: ranges,
          federation: partners.map(kind => ({ name: `${kind}.example`, kind })),
        }
      : {
          external: { address: '192.0.2.1', udp: [...udp], tcp: [...tcp] },
          internal: { address: [...told], udp: [...udp], tcp: [...tcp], networks: [...told] },
          relayPorts: ranges,
        };
  const expected = planned(input, 'token', side, name);
  const rules = expected.rules.filter(rule => !isRelayed(rule) || (rule.direction === 'in' ? relayIn : relayOut));
  return { ...expected, rules, relayIn, relayOut };
}

/** Any TURN server at these addresses: all that a probe without a token can know. */
export function expectedOfAny(
  addresses: readonly string[],
  udp: readonly number[],
  tcp: readonly number[],
  name: string | undefined,
): Expected {
  const expected = planned(
    { external: { address: [...addresses], udp: [...udp], tcp: [...tcp] } },
    'assumption',
    'external',
    name,
  );
  return { ...expected, own: [] };
}

function planned(
  input: Omit<ConfigInput, 'credentials'>,
  source: Expected['source'],
  side: Expected['side'],
  name: string | undefined,
): Expected {
  const loaded = loadConfig(JSON.stringify({ ...input, credentials: { secrets: [SECRET] } }), 'the edge to be probed');
  if (loaded.config === undefined) throw new RangeError(loaded.problems.map(({ message }) => message).join('; '));
  return expectedOf(loaded.config, source, { side, name });
}
