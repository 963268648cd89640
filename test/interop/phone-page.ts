import type { Browser, Page } from 'playwright-core';
import type { PhonePageState } from '../../web/src/phone/page-state.ts';

export interface PhonePageOptions {
  readonly user: string;
  /** Left out: the page waits for somebody to sign in. */
  readonly password?: string;
  /** Further words of the address, such as `relay-only&transport=tcp`. */
  readonly more?: string;
  /** Signs in here, instead of where the edge says: `{ domain, webSocket }`. */
  readonly access?: object;
  readonly colorScheme?: 'light' | 'dark';
}

/** The web phone in a browser, with a profile of its own. */
export class PhonePage {
  /** What a person would find in the browser's console: errors, and breaches of the content security policy. */
  readonly complaints: string[] = [];
  readonly page: Page;

  static async open(browser: Browser, url: string, options: PhonePageOptions): Promise<PhonePage> {
    const { user, password, more = '', access, colorScheme = 'light' } = options;
    const context = await browser.newContext({ viewport: { width: 1240, height: 790 }, colorScheme });
    const phone = new PhonePage(await context.newPage());
    if (access !== undefined) await phone.page.route('**/v1/access', route => route.fulfill({ json: access }));
    const secret = password === undefined ? '' : `&password=${encodeURIComponent(password)}`;
    await phone.page.goto(`${url}#tab=phone&user=${user}${secret}&${more}`);
    if (password !== undefined) await phone.until(({ line }) => line === 'ready' || line === 'signed-out');
    return phone;
  }

  private constructor(page: Page) {
    this.page = page;
    page.on('pageerror', error => this.complaints.push(error.message));
    page.on('console', line => line.type() === 'error' && this.complaints.push(line.text()));
  }

  state(): Promise<PhonePageState | undefined> {
    // As text: the function's own context is the page, whose globals this program does not have.
    return this.page.evaluate('window.sallyportPhone') as Promise<PhonePageState | undefined>;
  }

  async dial(whom: string): Promise<void> {
    await this.page.getByLabel('Call', { exact: true }).first().fill(whom);
    await this.page.keyboard.press('Enter');
  }

  press(name: string): Promise<void> {
    return this.page.getByRole('button', { name, exact: true }).click();
  }

  /** The text of the page, as one line. */
  async text(): Promise<string> {
    return (await this.page.textContent('main'))!.replace(/\s+/g, ' ');
  }

  /** Waits until the state is as a test wants it; says what it was instead when that takes too long. */
  async until(isSo: (state: PhonePageState) => boolean, timeoutMillis = 15_000): Promise<PhonePageState> {
    for (const deadline = Date.now() + timeoutMillis; ; await this.page.waitForTimeout(50)) {
      const state = await this.state();
      if (state !== undefined && isSo(state)) return state;
      if (Date.now() > deadline)
        throw new Error(`the phone stays at ${JSON.stringify(state)} ${this.complaints.join()}`);
    }
  }

  /** Waits for a stage of the call. */
  untilCall(stage: NonNullable<PhonePageState['call']>['stage'] | 'none'): Promise<PhonePageState> {
    return this.until(({ call }) => (call?.stage ?? 'none') === stage);
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
