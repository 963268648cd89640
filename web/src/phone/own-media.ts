import type { Look } from '../call/picture.ts';
import { generated, type Source, type SourceKind } from '../call/source.ts';

/** What this phone sends. */
export interface OwnMedia extends Source {
  readonly kind: SourceKind;
  /** What stands in for a camera or microphone that could not be had, and why: words for a person; or nothing. */
  readonly note: string;
}

/** Sees to it that there is always something to send: what this machine lacks or does not allow is generated. */
export async function openOwnMedia(wanted: SourceKind, look: Look): Promise<OwnMedia> {
  const standIn = generated(look, HERTZ);
  if (wanted === 'generated') return { ...standIn, kind: 'generated', note: '' };
  const [video, audio] = await openDevices();
  const tracks = [
    video.track ?? standIn.stream.getVideoTracks()[0]!,
    audio.track ?? standIn.stream.getAudioTracks()[0]!,
  ];
  const stop = () => {
    standIn.stop();
    for (const track of tracks) track.stop();
  };
  const note = noteFor(video.said, audio.said);
  if (note === '') standIn.stop();
  return { stream: new MediaStream(tracks), stop, kind: video.track === null ? 'generated' : 'camera', note };
}

const HERTZ = 262;
const CAMERA: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 } };

interface Opened {
  readonly track: MediaStreamTrack | null;
  /** In words, why there is none. */
  readonly said: string;
}

/** Both at once, so that a browser asks its user once; each alone, when one of them is at fault. */
async function openDevices(): Promise<[video: Opened, audio: Opened]> {
  const both = await openDevice({ video: CAMERA, audio: true });
  if (typeof both !== 'string') return [opened(both.getVideoTracks()), opened(both.getAudioTracks())];
  const [video, audio] = [await openDevice({ video: CAMERA }), await openDevice({ audio: true })];
  return [
    typeof video === 'string' ? { track: null, said: video } : opened(video.getTracks()),
    typeof audio === 'string' ? { track: null, said: audio } : opened(audio.getTracks()),
  ];
}

function opened([track]: MediaStreamTrack[]): Opened {
  return { track: track ?? null, said: '' };
}

async function openDevice(constraints: MediaStreamConstraints): Promise<MediaStream | string> {
  // absent on pages that are neither from https:// nor from this machine
  if (navigator.mediaDevices === undefined) return 'this page is not from https://';
  try {
    return await navigator.mediaDevices.getUserMedia(constraints);
  } catch (error) {
    return reasonOf(error instanceof Error ? error.name : '');
  }
}

/** The names browsers give their refusals (W3C Media Capture and Streams §10.2). */
export function reasonOf(name: string): string {
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'none found';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'not allowed for this page';
  if (name === 'NotReadableError' || name === 'AbortError') return 'in use by another program';
  return 'it could not be opened';
}

/** What the user should know when something else is sent. */
export function noteFor(video: string, audio: string): string {
  if (video !== '' && video === audio) return `No camera or microphone (${video}): a test picture and a tone are sent.`;
  const notes = [
    video === '' ? '' : `No camera (${video}): a test picture is sent.`,
    audio === '' ? '' : `No microphone (${audio}): a soft tone is sent.`,
  ];
  return notes.filter(note => note !== '').join(' ');
}
