import { flushCompileCache } from 'node:module';
import { certificateOf } from '../certificate.ts';
import { credentialsFrom } from '../from-config.ts';
import { makeLog } from '../log.ts';
import { Minter } from '../minter.ts';
import { allowSignIns } from '../open-files.ts';
import { sumOf } from '../reporter.ts';
import { addressesOf, sideNames } from '../sides.ts';
import type { AccessOrder, Answers, ToAccess } from '../supervisor/messages.ts';
import { iceHosts } from '../ways-in.ts';
import { SupervisorLink } from '../worker/supervisor-link.ts';
import { AccessService } from './access-service.ts';

/*
 * The Access Edge in a process of its own, on sockets that its supervisor has opened. Started by the supervisor only.
 */

const link = new SupervisorLink<ToAccess>();
let service: AccessService | undefined;

link.listen(
  message => void obey(message),
  () => service?.close(),
);

async function obey(message: ToAccess): Promise<void> {
  switch (message.do) {
    case 'start':
      return start(message.order);
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

async function start({ config, sockets, relays, pem, selfSigned, pages }: AccessOrder): Promise<void> {
  const log = makeLog(config.log.level).child({ process: 'access' });
  const certificate = certificateOf(pem, selfSigned);
  const minter = new Minter(credentialsFrom(config), sideNames(config), side =>
    iceHosts(addressesOf(config, side), relays, certificate.name),
  );
  try {
    allowSignIns(config, log);
    service = new AccessService(config, config.access!, { certificate, minter, sockets, pages, isAlone: true }, log);
    await service.listen();
  } catch (error) {
    return link.refuse(error);
  }
  service.sayStarted();
  flushCompileCache(); // for the next one: who is killed writes nothing at its end
  await link.say({ say: 'access', info: service.info });
  await link.say({ say: 'started' });
}

async function tell({ what, question }: Extract<ToAccess, { do: 'tell' }>): Promise<void> {
  if (service === undefined) return;
  await link.say({ say: 'answer', question, answer: await ANSWERS[what](service) });
}

const ANSWERS: { [What in keyof Answers]: (service: AccessService) => Answers[What] | Promise<Answers[What]> } = {
  figures: asked => asked.figures(),
  readiness: asked => asked.readiness(),
  pulse: () => sumOf([]), // it relays nothing
};

async function stop(): Promise<void> {
  await service?.close();
  process.exit(0);
}
