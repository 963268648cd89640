/**
 * The external firewall tables of an A/V Edge as Microsoft's deployment documents for Lync Server and Skype for Business give them ("Determine
 * external A/V firewall and port requirements"), in our words. In and out are seen from the edge.
 */
export type Ways = '-' | 'in' | 'out' | 'in, out';

export interface PartnerRow {
  readonly partner: 'none' | 'lync' | 'ocs2007r2' | 'ocs2007';
  readonly tcp443: Ways;
  readonly udp3478: Ways;
  readonly udpRelays: Ways;
  readonly tcpRelays: Ways;
}

/** By partner. `tcpRelays` `out` is said of the port that packets come from: they go to TCP 443, the same packets as `tcp443` `out`. */
export const BY_PARTNER: readonly PartnerRow[] = [
  { partner: 'none', tcp443: 'in', udp3478: 'in', udpRelays: '-', tcpRelays: '-' },
  { partner: 'lync', tcp443: 'in, out', udp3478: 'in, out', udpRelays: '-', tcpRelays: 'out' },
  { partner: 'ocs2007r2', tcp443: 'in, out', udp3478: 'in, out', udpRelays: '-', tcpRelays: 'out' },
  { partner: 'ocs2007', tcp443: 'in, out', udp3478: 'in', udpRelays: 'in, out', tcpRelays: 'in, out' },
];

export interface TableRow {
  readonly from: 'edge' | 'any';
  readonly protocol: 'udp' | 'tcp';
  /** `any` where the table does not say. */
  readonly sourcePort: string;
  readonly port: string;
}

/** For firewalls that know destinations only; partners of Lync 2010, 2013 or OCS 2007 R2. */
export const DESTINATION_ONLY: readonly TableRow[] = [
  { from: 'edge', protocol: 'tcp', sourcePort: 'any', port: '443' },
  { from: 'edge', protocol: 'udp', sourcePort: 'any', port: '3478' },
  { from: 'any', protocol: 'tcp', sourcePort: 'any', port: '443' },
  { from: 'any', protocol: 'udp', sourcePort: 'any', port: '3478' },
];

/** For firewalls that know sources as well; the same partners. */
export const SOURCE_AND_DESTINATION: readonly TableRow[] = [
  { from: 'edge', protocol: 'tcp', sourcePort: '50000-59999', port: '443' },
  { from: 'edge', protocol: 'udp', sourcePort: '3478', port: '3478' },
  { from: 'any', protocol: 'tcp', sourcePort: 'any', port: '443' },
  { from: 'any', protocol: 'udp', sourcePort: 'any', port: '3478' },
];

/** What a partner of OCS 2007 needs besides: both ways, from and to anywhere. */
export const OCS_2007_BESIDES: readonly Omit<TableRow, 'sourcePort'>[] = [
  { from: 'edge', protocol: 'tcp', port: '50000-59999' },
  { from: 'edge', protocol: 'udp', port: '50000-59999' },
  { from: 'any', protocol: 'tcp', port: '50000-59999' },
  { from: 'any', protocol: 'udp', port: '50000-59999' },
];

/** The internal side: what the A/V Edge itself needs, from anywhere inside. */
export const INTERNAL: readonly TableRow[] = [
  { from: 'any', protocol: 'udp', sourcePort: 'any', port: '3478' },
  { from: 'any', protocol: 'tcp', sourcePort: 'any', port: '443' },
];

/** NAT in front of the external side: which address of a packet is written anew; ports never are. */
export const NAT = [
  { direction: 'in', change: 'destination' },
  { direction: 'out', change: 'source' },
] as const;
