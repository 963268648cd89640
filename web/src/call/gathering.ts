/** What a connection says about the TURN addresses it was given. */
export interface GatheringHears {
  relayed(url: string, relay: string): void;
  refused(url: string, code: number, text: string): void;
  done(): void;
}

/** Hears a connection gather. It must be called before the local description is set. */
export function hearGathering(connection: RTCPeerConnection, hears: GatheringHears): void {
  connection.addEventListener('icecandidate', ({ candidate }) => {
    if (candidate?.type === 'relay') hears.relayed(urlOf(candidate), relayOf(candidate));
  });
  connection.addEventListener('icecandidateerror', event => {
    hears.refused(event.url, event.errorCode, event.errorText);
  });
  connection.addEventListener('icegatheringstatechange', () => {
    if (connection.iceGatheringState === 'complete') hears.done();
  });
}

/** Newer than the type of the standard library; browsers that lack it leave it out. */
function urlOf(candidate: RTCIceCandidate & { readonly url?: string | null }): string {
  return candidate.url ?? '';
}

function relayOf({ address, port }: RTCIceCandidate): string {
  return address?.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
