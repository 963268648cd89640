import type { IceServer } from '../api/credentials.ts';
import { type GatheringHears, hearGathering } from './gathering.ts';

/** As long as a call waits for its first relay. */
const DEADLINE_MS = 12_000;

/** Asks one TURN address for a relay and gives it back at once: is there a way in? */
export async function probe(server: IceServer, url: string, hears: Omit<GatheringHears, 'done'>): Promise<void> {
  const connection = new RTCPeerConnection({
    iceServers: [{ ...server, urls: [url] }],
    iceTransportPolicy: 'relay',
  });
  try {
    await new Promise<void>(resolve => {
      const relayed = (from: string, relay: string) => {
        hears.relayed(from, relay);
        resolve();
      };
      hearGathering(connection, { relayed, refused: hears.refused, done: resolve });
      setTimeout(resolve, DEADLINE_MS);
      connection.createDataChannel('probe');
      connection.setLocalDescription().catch(() => resolve());
    });
  } finally {
    connection.close();
  }
}
