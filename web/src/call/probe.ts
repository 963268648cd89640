import type { IceServer } from '../api/credentials.ts';
import { type GatheringHears, hearGathering } from './gathering.ts';

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
      connection.createDataChannel('probe');
      connection.setLocalDescription().catch(() => resolve());
    });
  } finally {
    connection.close();
  }
}
