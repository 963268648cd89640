import { useSignal } from '@preact/signals';
import { Segments } from '../shell/segments.tsx';
import type { CallModel } from './model.ts';
import type { SourceKind } from './source.ts';
import { CHOICES, type Choice } from './turn-url.ts';

export const TRANSPORT_NAMES: Readonly<Record<Choice, string>> = { all: 'All', udp: 'UDP', tcp: 'TCP', tls: 'TLS' };
const PICTURE_NAMES: Readonly<Record<SourceKind, string>> = { generated: 'Generated', camera: 'Camera' };

/** What can be asked of the page. A choice made during a call starts it anew. */
export function Controls({ model }: { model: CallModel }) {
  const choose =
    <T extends string>(signal: { value: T }) =>
    (value: T) => {
      signal.value = value;
      if (model.running.value) void model.start();
    };
  return (
    <section class="card controls" aria-label="Controls">
      <Segments
        legend="Transport"
        names={TRANSPORT_NAMES}
        order={CHOICES}
        chosen={model.choice.value}
        onChoose={choose(model.choice)}
      />
      <Segments
        legend="Picture"
        names={PICTURE_NAMES}
        order={['generated', 'camera']}
        chosen={model.picture.value}
        onChoose={choose(model.picture)}
      />
      <div class="controls-actions">
        <CopyServers model={model} />
        <StartStop model={model} />
      </div>
    </section>
  );
}

function StartStop({ model }: { model: CallModel }) {
  const running = model.running.value;
  const onClick = () => (running ? model.stop() : void model.start());
  return (
    <button type="button" id="start-stop" class={running ? 'danger' : 'primary'} onClick={onClick}>
      {running ? 'Stop' : 'Start the call'}
    </button>
  );
}

type Copied = 'no' | 'yes' | 'refused';
const COPY_NAMES: Readonly<Record<Copied, string>> = {
  no: 'Copy iceServers',
  yes: 'Copied',
  refused: 'Could not copy',
};

/** Mints afresh, so that what is pasted elsewhere has its whole lifetime before it. */
function CopyServers({ model }: { model: CallModel }) {
  const copied = useSignal<Copied>('no');
  const onClick = async () => {
    const answer = await model.mint();
    const json = answer.ok ? JSON.stringify(answer.minted.iceServers, null, 2) : '';
    copied.value = json !== '' && (await copy(json)) ? 'yes' : 'refused';
    setTimeout(() => {
      copied.value = 'no';
    }, 2000);
  };
  return (
    <button type="button" id="copy" disabled={!model.canMint.value} onClick={() => void onClick()}>
      <span aria-live="polite">{COPY_NAMES[copied.value]}</span>
    </button>
  );
}

/** The clipboard exists on pages from this machine or https:// only. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
