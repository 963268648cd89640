import { useEffect, useRef } from 'preact/hooks';
import { Avatar } from './avatar.tsx';
import type { CallStage } from './call-stage.ts';
import { HangUpIcon, PhoneIcon } from './icons.tsx';
import type { PhoneCall } from './phone-call.ts';

const WORDS: Partial<Readonly<Record<CallStage, string>>> = {
  preparing: 'Opening camera and microphone …',
  calling: 'Calling …',
  ringing: 'Ringing …',
  incoming: 'calls you',
};

/** Before anybody talks: who it is, and the way out, or in. */
export function RingingStage({ call }: { call: PhoneCall }) {
  const title = useRef<HTMLHeadingElement>(null);
  const isIncoming = call.stage.value === 'incoming';
  // a screen reader reads who it is; the buttons come next. None of them is pressed by who happens to type.
  useEffect(() => title.current?.focus(), [call, isIncoming]);
  return (
    <div class={`ringing ringing-${call.stage.value}`}>
      <span class="ringing-face">
        <span class="wave" />
        <span class="wave" />
        <span class="wave" />
        <Avatar address={call.address} size="large" />
      </span>
      <h2 ref={title} tabIndex={-1}>
        {call.name}
      </h2>
      <p role="status">{WORDS[call.stage.value] ?? ''}</p>
      <div class="ringing-actions">
        {isIncoming && (
          <Round class="go" name="Answer" onPress={() => void call.answer()}>
            <PhoneIcon />
          </Round>
        )}
        <Round class="stop" name={isIncoming ? 'Decline' : 'Cancel'} onPress={() => call.hangUp()}>
          <HangUpIcon />
        </Round>
      </div>
    </div>
  );
}

interface RoundProps {
  readonly class: string;
  readonly name: string;
  readonly children: preact.ComponentChildren;
  readonly onPress: () => void;
}

function Round({ class: kind, name, onPress, children }: RoundProps) {
  return (
    <span class="ringing-action">
      <button type="button" class={`round ${kind}`} aria-label={name} onClick={onPress}>
        {children}
      </button>
      <span aria-hidden="true">{name}</span>
    </span>
  );
}
