import { LiveChart } from '../charts/live-chart.tsx';
import { ArrowsIcon, ShieldIcon } from './icons.tsx';
import { pathWords } from './path-words.ts';
import type { Phone } from './phone.ts';
import type { PhoneCall } from './phone-call.ts';

/** One quiet line about the way the call takes; who wants to know more opens it. */
export function PathPanel({ phone }: { phone: Phone }) {
  const call = phone.call.value;
  if (call === null) return null;
  const { receivedKbits } = call.meter.trace.value;
  const words = pathWords(call.meter.facts.value, receivedKbits.at(-1) ?? null);
  if (words === null) return null;
  return (
    <details class="card path-panel">
      <summary>
        <span class={words.isRelayed ? 'path-relayed' : 'path-direct'}>
          {words.isRelayed ? <ShieldIcon /> : <ArrowsIcon />}
        </span>
        <span class="path-way">{words.way}</span>
        <span class="path-figures">{words.figures}</span>
      </summary>
      <PathDetails call={call} />
    </details>
  );
}

function PathDetails({ call }: { call: PhoneCall }) {
  const { seconds, sentKbits, receivedKbits, roundTripMs } = call.meter.trace.value;
  const { local, remote, width, height, framesPerSecond, packetsLost } = call.meter.facts.value;
  return (
    <div class="path-details">
      <LiveChart
        title="Bitrate"
        unit="kbit/s"
        seconds={seconds}
        lines={[
          { name: 'sent', color: '--peer-a', values: sentKbits },
          { name: 'received', color: '--peer-b', values: receivedKbits },
        ]}
      />
      <LiveChart
        title="Round trip"
        unit="ms"
        seconds={seconds}
        lines={[{ name: 'to the other end', color: '--peer-a', values: roundTripMs }]}
      />
      <p class="note">
        {local !== null &&
          `Here ${local.type} ${local.address}:${local.port}, there ${remote?.type ?? ''} ${remote?.address ?? ''}:${remote?.port ?? ''}. `}
        Received {width}×{height} at {Math.round(framesPerSecond)} frames a second; {packetsLost} packets lost.
      </p>
    </div>
  );
}
