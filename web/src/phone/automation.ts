import type { PhonePageState } from './page-state.ts';
import type { Phone } from './phone.ts';

/** Puts the state where a test finds it. Each reading is fresh. */
export function exposePhone(window: Window, phone: Phone): void {
  Object.defineProperty(window, 'sallyportPhone', { configurable: true, get: () => stateOf(phone) });
}

function stateOf({ line, refused, me, call, ended }: Phone): PhonePageState {
  const over = ended.value;
  return {
    line: line.value,
    refused: refused.value?.code ?? '',
    me: me.value,
    call: call.value === null ? null : callOf(call.value),
    ended: over === null ? null : { address: over.address, trouble: over.trouble?.code ?? '', talkedMs: over.talkedMs },
  };
}

function callOf({ stage, address, meter }: NonNullable<Phone['call']['value']>): NonNullable<PhonePageState['call']> {
  const { local, remote, framesDecoded, bytesReceived } = meter.facts.value;
  return { stage: stage.value, address, local, remote, framesDecoded, bytesReceived };
}
