import { TRANSPORT_NAMES } from '../call/controls.tsx';
import type { SourceKind } from '../call/source.ts';
import { CHOICES } from '../call/turn-url.ts';
import { Segments } from '../shell/segments.tsx';
import type { Phone } from './phone.ts';

const SOURCE_NAMES: Readonly<Record<SourceKind, string>> = { camera: 'Camera', generated: 'Test picture' };

/** What is sent, and by which way. What is sent changes at once, the way with the next call. */
export function PhoneSettings({ phone }: { phone: Phone }) {
  return (
    <section class="card phone-settings" aria-label="Settings">
      <Segments
        legend="Send"
        names={SOURCE_NAMES}
        order={['camera', 'generated']}
        chosen={phone.source.value}
        onChoose={source => void phone.choose(source)}
      />
      <Segments
        legend="Relay over"
        names={TRANSPORT_NAMES}
        order={CHOICES}
        chosen={phone.transport.value}
        onChoose={transport => phone.setTransport(transport)}
      />
      <label class="switch" title="Your address stays hidden from the other end; the relay carries everything">
        <input
          type="checkbox"
          role="switch"
          aria-checked={phone.relayOnly.value}
          checked={phone.relayOnly.value}
          onChange={event => phone.setRelayOnly(event.currentTarget.checked)}
        />
        <span class="switch-track" aria-hidden="true" />
        Relay only
      </label>
      <p class="note phone-settings-wait" role="status">
        {phone.settingsWait.value && 'The other way is taken with the next call.'}
      </p>
    </section>
  );
}
