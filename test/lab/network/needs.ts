import type { Need } from '../../testkit/requires.ts';

export const ROOT: Need = { name: 'root', isMet: () => process.getuid?.() === 0 };

/** What the lab is built with. */
export const LAB_NEEDS: readonly Need[] = [ROOT, 'ip', 'nft', 'tshark'];
