import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { SpeakerIcon } from '../shell/icons.tsx';
import type { CallModel } from './model.ts';
import type { PeerName } from './peer.ts';

/** What one peer receives: the other one's picture, after its way through the relay. */
export function ReceivedPicture({ name, model }: { name: PeerName; model: CallModel }) {
  const stream = name === 'A' ? model.receivedByA.value : model.receivedByB.value;
  const facts = name === 'A' ? model.evidence.value.a : model.evidence.value.b;
  const video = useRef<HTMLVideoElement>(null);
  const heard = useSignal(false);
  useEffect(() => {
    if (video.current !== null) video.current.srcObject = stream;
  }, [stream]);
  return (
    <figure class={`picture picture-${name}`}>
      <video ref={video} autoplay playsinline muted={!heard.value} aria-label={`What peer ${name} receives`} />
      {stream === null && (
        <span class="picture-empty" aria-hidden="true">
          <b>{name}</b>
        </span>
      )}
      <figcaption>
        <span>
          <b class={`dot dot-${name}`} /> Peer {name} receives
        </span>
        <span class="picture-facts">
          {facts.width > 0 && `${facts.width}×${facts.height} · ${Math.round(facts.framesPerSecond)} fps`}
        </span>
        <button
          type="button"
          class="quiet"
          aria-pressed={heard.value}
          aria-label={`Hear what peer ${name} receives`}
          title="Sound"
          onClick={() => {
            heard.value = !heard.value;
          }}
        >
          <SpeakerIcon on={heard.value} />
        </button>
      </figcaption>
    </figure>
  );
}
