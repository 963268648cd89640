import { duration } from './path-words.ts';
import type { PhoneTabProps } from './phone-tab.tsx';
import { TroubleCard } from './trouble-card.tsx';

/** What became of the last call, until the next. */
export function EndedWords({ phone, onTest }: PhoneTabProps) {
  const ended = phone.ended.value;
  if (ended === null || phone.call.value !== null) return null;
  const { trouble, name, address, talkedMs } = ended;
  if (trouble === null) {
    return (
      <p class="ended">
        {talkedMs === null
          ? `The call with ${name} did not come about.`
          : `The call with ${name} lasted ${duration(talkedMs)}.`}
      </p>
    );
  }
  return (
    <TroubleCard trouble={trouble}>
      {trouble.leadsToTest === true && (
        <button type="button" class="primary" onClick={onTest}>
          Test the relay
        </button>
      )}
      <button type="button" disabled={!phone.canCall.value} onClick={() => phone.dial(address)}>
        Call again
      </button>
      <button type="button" onClick={() => phone.dismiss()}>
        Dismiss
      </button>
    </TroubleCard>
  );
}
