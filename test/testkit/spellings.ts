import { formatIp, type IpAddress, ipv4, type TransportAddress } from '../../src/wire/index.ts';

/** A way to write down an address, or another address that leads to the same host. */
export interface Spelling {
  readonly name: string;
  readonly address: IpAddress;
  /** Written into a message as 16 bytes although it is IPv4 (::ffff:a.b.c.d). */
  readonly asIPv6?: true;
}

/** Every address that leads to this one; for IPv6 the address alone. `noise` fills the bits that do not matter. */
export function spellingsOf(a: IpAddress, noise = 0): Spelling[] {
  const plain: Spelling = { name: formatIp(a), address: a };
  if (a.w0 !== 0 || a.w1 !== 0 || a.w2 !== 0xffff) return [plain];
  const v4 = a.w3;
  const row = (name: string, w0: number, w1: number, w2: number, w3: number): Spelling => ({
    name: `${name} of ${plain.name}`,
    address: { w0: w0 | 0, w1: w1 | 0, w2: w2 | 0, w3: w3 | 0 },
  });
  return [
    plain,
    { name: `mapped form of ${plain.name}`, address: ipv4(v4), asIPv6: true },
    row('compatible form', 0, 0, 0, v4),
    row('6to4', 0x20020000 | (v4 >>> 16), (v4 << 16) | (noise & 0xffff), noise, ~noise),
    row('NAT64', 0x0064ff9b, 0, 0, v4),
    row('local NAT64', 0x0064ff9b, 0x00010000 | (noise & 0xffff), noise, v4),
    row('Teredo client', 0x20010000, noise, noise, ~v4),
    row('Teredo server', 0x20010000, v4, noise, noise),
    row('ISATAP', 0x2a0000aa, noise, 0x00005efe, v4),
    row('ISATAP (global)', 0x2a0000aa, noise, 0x02005efe, v4),
    row('translated form', 0, 0, 0xffff0000, v4),
  ];
}

const COOKIE = [0x21, 0x12, 0xa4, 0x42];

/** The value of an XOR-PEER-ADDRESS of family IPv6, whatever the address (RFC 8489 §14.2): so a mapped address is really sent as such. */
export function xorAsIPv6({ w0, w1, w2, w3, port }: TransportAddress, transactionId: Uint8Array): Uint8Array {
  const value = new Uint8Array(20);
  const words = new DataView(value.buffer);
  words.setUint16(0, 2);
  words.setUint16(2, port ^ 0x2112);
  for (const [i, word] of [w0, w1, w2, w3].entries()) words.setInt32(4 + 4 * i, word);
  for (const [i, byte] of [...COOKIE, ...transactionId].entries()) value[4 + i]! ^= byte;
  return value;
}
