import type { Client, Effect, TurnSettings } from '../../src/turn/index.ts';
import { MsReply, MsTalker } from './ms-talker.ts';
import { openAll, PASSWORDS, said, TestClient, TurnBench } from './turn-bench.ts';

/** A client of the Microsoft dialect before a server. */
export class MsScene {
  readonly bench: TurnBench;
  readonly client: Client;
  readonly talker: MsTalker;

  constructor(
    settings: Partial<TurnSettings> = {},
    { user = 'alice', id = 1, transport = 'udp' as Client['transport'] } = {},
  ) {
    this.bench = new TurnBench(settings);
    this.client = new TestClient(this.bench, id, { transport }).tuple;
    this.talker = new MsTalker(user, PASSWORDS[user] ?? '');
  }

  say(bytes: Uint8Array): readonly Effect[] {
    return this.bench.message(this.client, bytes);
  }

  /** Arranges something in passing. */
  after(act: () => void): this {
    act();
    return this;
  }

  /** What the server says of a message: silence by reason, or its reply. */
  heard(bytes: Uint8Array): string[] {
    return this.say(bytes).map(effect => {
      if (effect.do !== 'reply') return said([effect])[0]!;
      const reply = new MsReply(effect.bytes);
      return reply.code === undefined ? `response ${reply.type.toString(16)}` : `error ${reply.code}`;
    });
  }

  challenged(): MsReply {
    return this.talker.learn(replyIn(this.say(this.talker.allocate())));
  }

  allocated(): MsReply {
    this.challenged();
    return this.talker.learn(replyIn(openAll(this.bench, this.say(this.talker.allocate()))));
  }

  get sent(): string[] {
    return this.bench.sent.map(({ to, bytes }) => `${to} ${Buffer.from(bytes).toString('latin1')}`);
  }
}

export function replyIn(effects: readonly Effect[]): MsReply {
  const replies = effects.filter(effect => effect.do === 'reply');
  if (replies.length !== 1) throw new Error(`${replies.length} replies: ${effects.map(effect => effect.do).join(' ')}`);
  return new MsReply(replies[0]!.bytes);
}

export function msAllocated(settings: Partial<TurnSettings> = {}): MsScene {
  const scene = new MsScene(settings);
  scene.allocated();
  return scene;
}
