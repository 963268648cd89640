import { hueOf } from './address.ts';
import { EndedWords } from './ended-words.tsx';
import { IdleStage } from './idle-stage.tsx';
import type { PhoneTabProps } from './phone-tab.tsx';
import { RingingStage } from './ringing-stage.tsx';
import { TalkStage } from './talk-stage.tsx';

/** The large surface: nobody, somebody who rings, or somebody who talks. In the colour of whom it is about. */
export function Stage({ phone, onTest }: PhoneTabProps) {
  const call = phone.call.value;
  const stage = call?.stage.value;
  const about = call?.address ?? phone.me.value;
  const isTalk = stage === 'talking' || stage === 'reconnecting' || stage === 'connecting';
  return (
    <>
      <section class="surface" style={{ '--hue': String(hueOf(about)) }} aria-label="The call">
        {call === null && <IdleStage phone={phone} />}
        {call !== null && !isTalk && <RingingStage call={call} />}
        {call !== null && isTalk && <TalkStage call={call} />}
      </section>
      <div class="announced" aria-live="polite">
        <EndedWords phone={phone} onTest={onTest} />
      </div>
    </>
  );
}
