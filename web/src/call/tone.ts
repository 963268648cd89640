/** A soft tone that comes and goes. Until the page was touched a browser keeps it silent; the call does not need it. */
export class Tone {
  readonly stream: MediaStream;
  readonly #context = new AudioContext();

  constructor(hertz: number) {
    const destination = this.#context.createMediaStreamDestination();
    const loudness = new GainNode(this.#context, { gain: 0.08 });
    const voice = new OscillatorNode(this.#context, { frequency: hertz });
    const breath = new OscillatorNode(this.#context, { frequency: 0.5 });
    breath.connect(new GainNode(this.#context, { gain: 0.06 })).connect(loudness.gain);
    voice.connect(loudness).connect(destination);
    voice.start();
    breath.start();
    this.stream = destination.stream;
  }

  stop(): void {
    void this.#context.close();
  }
}
