const WIDTH = 640;
const HEIGHT = 360;
const FRAMES_PER_SECOND = 30;

/** What is drawn: a word, and where its sky begins and how far it turns, in degrees of hue. */
export interface Look {
  readonly word: string;
  readonly hue: number;
  readonly turn: number;
  /** Where the clock stands, in pixels from the top of 360. */
  readonly clockAt: number;
}

/** A picture that moves, with a clock to read the delay from: nobody has to show a face to test a relay. */
export class Picture {
  readonly stream: MediaStream;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(look: Look) {
    const canvas = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT });
    const paint = canvas.getContext('2d', { alpha: false })!;
    let frame = 0;
    const next = () => drawFrame(paint, look, frame++);
    next();
    // A timer, because animation frames stop altogether in a tab that is not in front.
    this.#timer = setInterval(next, 1000 / FRAMES_PER_SECOND);
    this.stream = canvas.captureStream(FRAMES_PER_SECOND);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const track of this.stream.getTracks()) track.stop();
  }
}

function drawFrame(paint: CanvasRenderingContext2D, { word, hue, turn, clockAt }: Look, frame: number): void {
  const seconds = frame / FRAMES_PER_SECOND;
  drawSky(paint, hue, turn, seconds);
  for (const layer of [0, 1, 2]) drawHills(paint, hue, layer, seconds);
  drawOrbit(paint, hue, seconds);
  drawWords(paint, word, clockAt, frame);
}

function drawSky(paint: CanvasRenderingContext2D, hue: number, turn: number, seconds: number): void {
  const sky = paint.createLinearGradient(0, 0, WIDTH, HEIGHT);
  const drift = 8 * Math.sin(seconds / 3);
  sky.addColorStop(0, `hsl(${hue + drift} 72% 26%)`);
  sky.addColorStop(1, `hsl(${hue + turn + drift} 80% 54%)`);
  paint.fillStyle = sky;
  paint.fillRect(0, 0, WIDTH, HEIGHT);
}

function drawHills(paint: CanvasRenderingContext2D, hue: number, layer: number, seconds: number): void {
  const base = HEIGHT * (0.62 + layer * 0.12);
  paint.fillStyle = `hsl(${hue + 10 * layer} 60% ${46 - layer * 11}% / 0.55)`;
  paint.beginPath();
  paint.moveTo(0, HEIGHT);
  for (let x = 0; x <= WIDTH; x += 8) {
    const swell = Math.sin(x / (90 - layer * 14) + seconds * (0.7 + layer * 0.5));
    paint.lineTo(x, base + swell * (24 - layer * 4));
  }
  paint.lineTo(WIDTH, HEIGHT);
  paint.fill();
}

/** Twelve dots in a ring; one goes round each second, so a frozen picture is seen at once. */
function drawOrbit(paint: CanvasRenderingContext2D, hue: number, seconds: number): void {
  for (let dot = 0; dot < 12; dot++) {
    const age = (((seconds * 12 - dot) % 12) + 12) % 12;
    const angle = (dot / 12) * 2 * Math.PI - Math.PI / 2;
    paint.fillStyle = `hsl(${hue + 40} 100% 92% / ${(1 - age / 14).toFixed(2)})`;
    paint.beginPath();
    paint.arc(WIDTH / 2 + 74 * Math.cos(angle), 138 + 74 * Math.sin(angle), 9 - age * 0.45, 0, 2 * Math.PI);
    paint.fill();
  }
}

function drawWords(paint: CanvasRenderingContext2D, word: string, clockAt: number, frame: number): void {
  paint.fillStyle = '#fff';
  paint.textAlign = 'center';
  paint.font = '700 72px system-ui, sans-serif';
  paint.fillText(word, WIDTH / 2, 164);
  paint.font = '600 24px ui-monospace, monospace';
  paint.fillText(`${new Date().toISOString().slice(11, 23)}   #${frame}`, WIDTH / 2, clockAt);
}
