import { type Browser, chromium, type Page } from 'playwright-core';
import type { CallPageState } from '../../web/src/call/page-state.ts';
import type { Need } from '../testkit/requires.ts';
import { pathOf } from '../testkit/requires.ts';

const NAMES = ['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser'];

/** A browser of this machine; none is downloaded. */
export const aBrowser: Need = { name: `a browser (${NAMES.join(', ')})`, isMet: () => browserPath() !== undefined };

function browserPath(): string | undefined {
  return NAMES.map(pathOf).find(path => path !== undefined);
}

/** No sandbox, because tests run as root in containers; nothing that would call home. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface BrowserOptions {
  /** Public keys whose certificates the browser takes although nobody signed them. None: it is as strict as a person's. */
  readonly trustedKeys?: readonly string[];
}

/** A headless browser with a profile of its own, which is removed with it. */
export function openBrowser({ trustedKeys = [] }: BrowserOptions): Promise<Browser> {
  const executablePath = browserPath();
  if (executablePath === undefined) throw new Error('no browser');
  const trust = trustedKeys.length === 0 ? [] : [`--ignore-certificate-errors-spki-list=${trustedKeys.join(',')}`];
  return chromium.launch({ executablePath, args: [...ARGUMENTS, ...trust] });
}

export interface CallPageOptions extends Pick<BrowserOptions, 'trustedKeys'> {
  readonly transport: 'all' | 'udp' | 'tcp' | 'tls';
}

/** The call page in a browser of its own. */
export class CallPage {
  /** What a person would find in the browser's console: errors, and breaches of the content security policy. */
  readonly complaints: string[] = [];
  readonly #browser: Browser;
  readonly #page: Page;

  static async open(url: string, { transport, trustedKeys = [] }: CallPageOptions): Promise<CallPage> {
    const browser = await openBrowser({ trustedKeys });
    try {
      const opened = new CallPage(browser, await browser.newPage());
      await opened.goTo(`${url}&transport=${transport}&start`);
      return opened;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
    page.on('pageerror', error => this.complaints.push(error.message));
    page.on('console', line => line.type() === 'error' && this.complaints.push(line.text()));
  }

  /** Puts an address into the address bar. */
  async goTo(url: string): Promise<void> {
    await this.#page.goto(url);
  }

  get address(): string {
    return this.#page.url();
  }

  state(): Promise<CallPageState> {
    // As text: the function's own context is the page, whose globals this program does not have.
    return this.#page.evaluate('window.sallyport') as Promise<CallPageState>;
  }

  /** The text of the page, as one line. */
  async text(): Promise<string> {
    return (await this.#page.textContent('main'))!.replace(/\s+/g, ' ');
  }

  /** Presses the button with this name. */
  press(name: string): Promise<void> {
    return this.#page.getByRole('button', { name, exact: true }).click();
  }

  /** Waits until the state is as a test wants it; says what it was instead when that takes too long. */
  async until(isSo: (state: CallPageState) => boolean, timeoutMillis = 15_000): Promise<CallPageState> {
    for (const deadline = Date.now() + timeoutMillis; ; await this.#page.waitForTimeout(100)) {
      const state = await this.state();
      if (isSo(state)) return state;
      if (Date.now() > deadline) throw new Error(`the call page stays at ${JSON.stringify(state, null, 1)}`);
    }
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}
