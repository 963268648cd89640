/** After the first relayed candidate others of the same moment are waited for, no longer: every candidate costs set-up time. */
const SETTLE_MS = 150;
/** With other candidates at hand a relay that does not answer is not waited for. */
const PATIENCE_MS = 4_000;
/** With nothing but the relay, it is; Chromium asks a silent UDP address for most of a minute. */
const RELAY_PATIENCE_MS = 12_000;

export interface GatheredHears {
  /** Candidates are as many as will be waited for; `relays` of them are relayed. */
  gathered(relays: number): void;
}

/**
 * SIP sends a description once and with its candidates (RFC 8840 has few speakers). JsSIP sends it as soon as gathering looks complete:
 * which is too late where one TURN address is silent, and too early after an ICE restart, when gathering has not begun anew yet.
 * So a description counts as set when it has what it is to be sent with, and JsSIP is told that no more will come.
 */
export function holdUntilGathered(connection: RTCPeerConnection, hears: GatheredHears): void {
  const set = connection.setLocalDescription.bind(connection);
  connection.setLocalDescription = async (description?: RTCLocalSessionDescriptionInit) => {
    const before = fragmentOf(connection);
    const gathered = gatherWell(connection);
    await set(description);
    if (fragmentOf(connection) === before) return gathered.forget();
    hears.gathered(await gathered.enough);
    setTimeout(() => connection.dispatchEvent(new RTCPeerConnectionIceEvent('icecandidate', { candidate: null })));
  };
}

/** Another user fragment is another round of gathering (RFC 8839 §4.4.1.1.1). */
function fragmentOf({ localDescription }: RTCPeerConnection): string {
  return /^a=ice-ufrag:(.+)$/m.exec(localDescription?.sdp ?? '')?.[1]?.trim() ?? '';
}

function gatherWell(connection: RTCPeerConnection): { enough: Promise<number>; forget(): void } {
  const { promise: enough, resolve } = Promise.withResolvers<number>();
  const relayOnly = connection.getConfiguration().iceTransportPolicy === 'relay';
  const listening = new AbortController();
  let relays = 0;
  let settle: ReturnType<typeof setTimeout> | undefined;
  const forget = () => {
    listening.abort();
    clearTimeout(patience);
    clearTimeout(settle);
  };
  const done = () => {
    forget();
    resolve(relays);
  };
  const patience = setTimeout(done, relayOnly ? RELAY_PATIENCE_MS : PATIENCE_MS);
  const onCandidate = ({ candidate }: RTCPeerConnectionIceEvent) => {
    if (candidate?.type === 'relay' && ++relays === 1) settle = setTimeout(done, SETTLE_MS);
  };
  const onState = () => {
    if (connection.iceGatheringState === 'complete') done();
  };
  connection.addEventListener('icecandidate', onCandidate, { signal: listening.signal });
  connection.addEventListener('icegatheringstatechange', onState, { signal: listening.signal });
  return { enough, forget };
}
