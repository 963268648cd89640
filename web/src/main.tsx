import { render } from 'preact';
import { readFragment, withoutToken } from './api/fragment.ts';
import { exposeTo } from './call/automation.ts';
import { CallTab } from './call/call-tab.tsx';
import { CallModel } from './call/model.ts';
import { isChoice } from './call/turn-url.ts';
import { Shell, type Tab } from './shell/shell.tsx';
import './shell/tokens.css';
import './shell/shell.css';

const call = new CallModel();
exposeTo(window, call);
obeyAddress();
// Another address pasted over this one differs in the fragment only: the browser does not load the page again.
addEventListener('hashchange', obeyAddress);

/** A further page is a further line here. */
const tabs: readonly Tab[] = [{ id: 'call', title: 'Call', view: () => <CallTab model={call} /> }];

render(<Shell tabs={tabs} />, document.getElementById('app')!);

/** Does what the address bar asks, and takes the token out of it. */
function obeyAddress(): void {
  const asked = readFragment(location.hash);
  history.replaceState(null, '', location.pathname + location.search + withoutToken(location.hash));
  if (asked.token !== '') call.token.value = asked.token;
  if (isChoice(asked.transport)) call.choice.value = asked.transport;
  call.picture.value = asked.picture === 'camera' ? 'camera' : 'generated';
  if (asked.start) void call.start();
}
