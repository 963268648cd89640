import type { PeerName } from './peer.ts';
import { type Look, Picture } from './picture.ts';
import { Tone } from './tone.ts';

export type SourceKind = 'generated' | 'camera';

/** What one peer sends, and how to stop making it. */
export interface Source {
  readonly stream: MediaStream;
  stop(): void;
}

/** Blue to violet, orange to red. */
const LOOKS: Readonly<Record<PeerName, Look>> = {
  A: { word: 'A', hue: 222, turn: 34, clockAt: 332 },
  B: { word: 'B', hue: 22, turn: -32, clockAt: 332 },
};
const HERTZ: Readonly<Record<PeerName, number>> = { A: 220, B: 330 };

export function generatedFor(name: PeerName): Source {
  return generated(LOOKS[name], HERTZ[name]);
}

/** A picture and a tone that need neither camera nor microphone. */
export function generated(look: Look, hertz: number): Source {
  const picture = new Picture(look);
  const tone = new Tone(hertz);
  const stream = new MediaStream([...picture.stream.getTracks(), ...tone.stream.getTracks()]);
  const stop = () => {
    picture.stop();
    tone.stop();
  };
  return { stream, stop };
}

/** The camera and microphone of this machine. Throws what the browser throws when it is not allowed. */
export async function camera(): Promise<Source> {
  if (navigator.mediaDevices === undefined) {
    throw new Error('Browsers give the camera to pages from https:// or from this machine (localhost) only.');
  }
  const video = { width: { ideal: 1280 }, height: { ideal: 720 } };
  const stream = await navigator.mediaDevices.getUserMedia({ video, audio: { echoCancellation: true } });
  const stop = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  return { stream, stop };
}
