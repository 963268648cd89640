import { flushCompileCache } from 'node:module';
import type { Reservation } from '../../turn/index.ts';
import { certificateOf } from '../certificate.ts';
import { clock } from '../clock.ts';
import { makeLog } from '../log.ts';
import { RelayService } from '../relay-service.ts';
import type { Answers, StartOrder, ToWorker } from '../supervisor/messages.ts';
import { QuotaGate } from './quota-gate.ts';
import { SupervisorLink } from './supervisor-link.ts';

/*
 * A worker: a relay service in a process of its own, on sockets that its supervisor has opened. Started by the supervisor only.
 */

/** How often to look for places that nobody has decided on. */
const VERDICT_CHECK_MILLIS = 250;

const link = new SupervisorLink<ToWorker>();
const gate = new QuotaGate((...deed) => link.sayDeed(...deed), clock.now);
/** Said before the client is answered, who may come to another worker next. */
const reservations = {
  onHeld: (token: Uint8Array, held: Reservation) => link.sayReservation({ token: hexOf(token), held }),
  onClaimed: (token: Uint8Array) => link.sayReservation({ token: hexOf(token) }),
};
let service: RelayService | undefined;

link.listen(
  message => void obey(message),
  () => service?.close(),
);

async function obey(message: ToWorker): Promise<void> {
  switch (message.do) {
    case 'start':
      return start(message.order);
    case 'settle':
      return gate.settle(message.verdicts);
    case 'learn':
      for (const use of message.uses) service?.learn(use);
      return;
    case 'learn-reservation': {
      const { token, held } = message.change;
      return service?.learnReservation(Buffer.from(token, 'hex'), held);
    }
    case 'use-certificate':
      return service?.useCertificate(certificateOf(message.pem, message.selfSigned));
    case 'tell':
      return tell(message);
    case 'stop':
      return stop();
    default:
      message satisfies never;
  }
}

async function start({ worker, workers, config, pem, selfSigned, firstUses, ...given }: StartOrder): Promise<void> {
  const { sockets, ownEndpoints, relayPorts } = given;
  const nonceKey = Buffer.from(given.nonceKey, 'base64');
  const certificate = certificateOf(pem, selfSigned);
  const onFirstUse = link.sayFirstUse.bind(link);
  const shared = { workers, relayPorts, sockets, nonceKey, certificate, quotas: gate, reservations, onFirstUse };
  const seat = { isWorker: true, index: worker - 1, ...shared };
  try {
    service = new RelayService(config, seat, makeLog(config.log.level).child({ worker }));
    await service.listen();
    service.serve(ownEndpoints);
    service.sayStarted();
  } catch (error) {
    return link.refuse(error);
  }
  setInterval(() => gate.onTime(), VERDICT_CHECK_MILLIS).unref();
  for (const use of firstUses) service.learn(use);
  flushCompileCache(); // for the next one: who is killed writes nothing at its end
  await link.say({ say: 'started' });
}

async function tell({ what, question }: Extract<ToWorker, { do: 'tell' }>): Promise<void> {
  if (service === undefined) return;
  await link.say({ say: 'answer', question, answer: await ANSWERS[what](service) });
}

const ANSWERS: { [What in keyof Answers]: (service: RelayService) => Answers[What] | Promise<Answers[What]> } = {
  figures: asked => asked.figures(),
  readiness: asked => asked.readiness(),
  pulse: asked => asked.summary(),
};

async function stop(): Promise<void> {
  const summary = await service?.close();
  if (summary !== undefined) await link.say({ say: 'stopped', summary });
  process.exit(0);
}

function hexOf(token: Uint8Array): string {
  return Buffer.from(token).toString('hex');
}
