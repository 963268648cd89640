import { EDGE, EDGE_INSIDE, PUBLIC } from './perimeter.ts';

/** Whom the edge federates with: nobody, or one partner anywhere. */
export const KINDS = ['none', 'lync', 'ocs2007r2', 'ocs2007', 'standard'] as const;

export function configurationWith(kind: (typeof KINDS)[number]): string {
  return `realm: lab
external: { address: ${EDGE}, public: ${PUBLIC} }
internal: { address: ${EDGE_INSIDE}, networks: [192.168.0.0/16] }
federation: [${kind === 'none' ? '' : `{ name: contoso.example, kind: ${kind} }`}]
credentials: { users: { alice: wonderland }, secrets: [north-wind-and-sun] }
limits: { allocations: 1000, connections: 1000 }
workers: 1
`;
}
