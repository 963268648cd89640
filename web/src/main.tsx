import { render } from 'preact';
import { readFragment, withoutToken } from './api/fragment.ts';
import { exposeTo } from './call/automation.ts';
import { CallTab } from './call/call-tab.tsx';
import { CallModel } from './call/model.ts';
import { isChoice } from './call/turn-url.ts';
import { Shell, type Tab } from './shell/shell.tsx';
import './shell/tokens.css';
import './shell/shell.css';

const asked = readFragment(location.hash);
history.replaceState(null, '', location.pathname + location.search + withoutToken(location.hash));

const call = new CallModel();
call.token.value = asked.token;
if (isChoice(asked.transport)) call.choice.value = asked.transport;
if (asked.picture === 'camera') call.picture.value = 'camera';
exposeTo(window, call);

/** A further page is a further line here. */
const tabs: readonly Tab[] = [{ id: 'call', title: 'Call', view: () => <CallTab model={call} /> }];

render(<Shell tabs={tabs} />, document.getElementById('app')!);
if (asked.start) void call.start();
