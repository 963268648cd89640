import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Avatar } from './avatar.tsx';
import { CameraIcon, HangUpIcon, MicrophoneIcon } from './icons.tsx';
import { duration } from './path-words.ts';
import type { PhoneCall } from './phone-call.ts';

/** The other one large, oneself small, and what can be done about it. */
export function TalkStage({ call }: { call: PhoneCall }) {
  const isPictured = call.received.value !== null && call.talkingSinceMs.value !== null;
  return (
    <div class="talk">
      <RemotePicture call={call} />
      {!isPictured && (
        <span class="talk-face">
          <Avatar address={call.address} size="large" />
        </span>
      )}
      <header class="talk-top">
        <h2>{call.name}</h2>
        <Timer call={call} />
      </header>
      {call.own.value !== null && call.own.value.note !== '' && <p class="talk-note">{call.own.value.note}</p>}
      <OwnPicture call={call} />
      <Buttons call={call} />
    </div>
  );
}

function RemotePicture({ call }: { call: PhoneCall }) {
  const video = useRef<HTMLVideoElement>(null);
  const isSilenced = useSignal(false);
  const stream = call.received.value;
  useEffect(() => {
    const element = video.current!;
    element.srcObject = stream;
    // a page nobody has touched may show, but not sound
    element.play().catch(() => {
      isSilenced.value = true;
      void element.play().catch(() => undefined);
    });
  }, [stream]);
  return (
    <>
      <video
        ref={video}
        class="talk-remote"
        autoplay
        playsinline
        muted={isSilenced.value}
        aria-label={`What ${call.name} sends`}
      />
      {isSilenced.value && (
        <button
          type="button"
          class="chip talk-sound"
          onClick={() => {
            isSilenced.value = false;
            void video.current?.play();
          }}
        >
          Turn the sound on
        </button>
      )}
    </>
  );
}

function OwnPicture({ call }: { call: PhoneCall }) {
  const video = useRef<HTMLVideoElement>(null);
  const stream = call.own.value?.stream ?? null;
  useEffect(() => {
    if (video.current !== null) video.current.srcObject = stream;
  }, [stream]);
  return (
    <figure class={`talk-own ${call.isCameraOff.value ? 'talk-own-off' : ''} talk-own-${call.own.value?.kind}`}>
      <video ref={video} autoplay playsinline muted aria-label="What you send" />
      {call.isCameraOff.value && <figcaption>Camera off</figcaption>}
    </figure>
  );
}

function Buttons({ call }: { call: PhoneCall }) {
  const [isMuted, isCameraOff] = [call.isMuted.value, call.isCameraOff.value];
  return (
    <fieldset class="talk-buttons" aria-label="Call controls">
      <button
        type="button"
        class="round glass"
        aria-pressed={isMuted}
        aria-label="Mute"
        title={isMuted ? 'Microphone is off' : 'Microphone is on'}
        onClick={() => call.toggleMute()}
      >
        <MicrophoneIcon on={!isMuted} />
      </button>
      <button
        type="button"
        class="round glass"
        aria-pressed={isCameraOff}
        aria-label="Camera off"
        title={isCameraOff ? 'Camera is off' : 'Camera is on'}
        onClick={() => call.toggleCamera()}
      >
        <CameraIcon on={!isCameraOff} />
      </button>
      <button type="button" class="round stop broad" aria-label="Hang up" title="Hang up" onClick={() => call.hangUp()}>
        <HangUpIcon />
      </button>
    </fieldset>
  );
}

const STAGE_WORDS = { connecting: 'Connecting …', reconnecting: 'Finding the way back …' } as const;

function Timer({ call }: { call: PhoneCall }) {
  const now = useSignal(Date.now());
  useEffect(() => {
    const tick = setInterval(() => {
      now.value = Date.now();
    }, 250);
    return () => clearInterval(tick);
  }, []);
  const stage = call.stage.value;
  if (stage === 'connecting' || stage === 'reconnecting') return <span role="status">{STAGE_WORDS[stage]}</span>;
  const since = call.talkingSinceMs.value;
  return <time role="timer">{since === null ? '' : duration(now.value - since)}</time>;
}
