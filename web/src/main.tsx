import { effect, signal } from '@preact/signals';
import { render } from 'preact';
import { type Access, findAccess, isServedBy } from './api/access.ts';
import { type Fragment, readFragment, withoutSecrets } from './api/fragment.ts';
import { exposeTo } from './call/automation.ts';
import { CallTab } from './call/call-tab.tsx';
import { CallModel } from './call/model.ts';
import { isChoice } from './call/turn-url.ts';
import { PhoneDoor } from './phone/door.tsx';
import { Shell, type Tab } from './shell/shell.tsx';
import './shell/tokens.css';
import './shell/shell.css';

const call = new CallModel();
const open = signal('');
const seen = new Set<string>();
const access = signal<Access | null>(null);
const door = new PhoneDoor({
  lendCredentials: mint => {
    call.mintForUser.value = mint;
  },
  testRelay: () => {
    open.value = 'call';
    void call.start();
  },
  showPhone: () => {
    open.value = 'phone';
  },
});

const CALL: Tab = {
  id: 'call',
  title: 'Call',
  view: () => <CallTab model={call} />,
  note: (
    <>
      The call stays between this browser and the relay. Credentials come from <code>POST /v1/credentials</code>; the
      token is kept in memory only.
    </>
  ),
};
const PHONE: Tab = {
  id: 'phone',
  title: 'Phone',
  goesOn: true,
  view: () => door.view(),
  note: (
    <>
      The password is kept in memory only, and goes to the edge alone. Whom you called is kept in this browser: names
      and times, nothing else.
    </>
  ),
};

exposeTo(window, call);
const asked = obeyAddress();
// Another address pasted over this one differs in the fragment only: the browser does not load the page again.
addEventListener('hashchange', () => void door.obey(obeyAddress()));
void findAccess().then(found => {
  if (found === null) return;
  door.unlock(found);
  access.value = found;
  if (open.value === '' && isServedBy(found, location)) open.value = 'phone';
  void door.obey(asked);
});

/** A further page is a further line here. Where nobody mints for a token, the relay's test needs a user who is signed in. */
function tabs(): readonly Tab[] {
  if (access.value === null) return [CALL];
  const canTest = !isServedBy(access.value, location) || call.canMint.value;
  return canTest ? [CALL, PHONE] : [PHONE];
}

effect(() => {
  const shown = tabs().find(({ id }) => id === open.value) ?? tabs()[0]!;
  seen.add(shown.id);
  if (shown === PHONE) void door.load();
  document.title = `Sallyport · ${door.title() || `${shown.title.toLowerCase()} page`}`;
});
render(<Page />, document.getElementById('app')!);

function Page() {
  return <Shell tabs={tabs()} open={open} seen={seen} />;
}

/** Does what the address bar asks, and takes the secrets out of it. */
function obeyAddress(): Fragment {
  const asked = readFragment(location.hash);
  history.replaceState(null, '', location.pathname + location.search + withoutSecrets(location.hash));
  if (asked.token !== '') call.token.value = asked.token;
  if (asked.tab !== '') open.value = asked.tab;
  if (isChoice(asked.transport)) call.choice.value = asked.transport;
  call.picture.value = asked.picture === 'camera' ? 'camera' : 'generated';
  if (asked.start) void call.start();
  return asked;
}
