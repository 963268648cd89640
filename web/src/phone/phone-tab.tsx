import { Dialler } from './dialler.tsx';
import { Me } from './me.tsx';
import { PathPanel } from './path-panel.tsx';
import { PeopleList } from './people-list.tsx';
import type { Phone } from './phone.ts';
import { PhoneSettings } from './phone-settings.tsx';
import { SignIn } from './sign-in.tsx';
import { Stage } from './stage.tsx';
import './phone.css';

export interface PhoneTabProps {
  readonly phone: Phone;
  /** Shows what the relay's test says. */
  readonly onTest: () => void;
}

/** The phone: who is there on the left, the call on the right. */
export function PhoneTab({ phone, onTest }: PhoneTabProps) {
  if (phone.me.value === '') return <SignIn phone={phone} />;
  return (
    <div class="phone" data-line={phone.line.value} data-stage={phone.call.value?.stage.value ?? 'none'}>
      <h1 class="hidden">Phone</h1>
      <div class="phone-side">
        <Me phone={phone} />
        <Dialler phone={phone} />
        <PeopleList phone={phone} />
      </div>
      <div class="phone-main">
        <Stage phone={phone} onTest={onTest} />
        <PathPanel phone={phone} />
        <PhoneSettings phone={phone} />
      </div>
    </div>
  );
}
