import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Logo } from './icons.tsx';

/** One page of the console. */
export interface Tab {
  readonly id: string;
  readonly title: string;
  view(): ComponentChildren;
}

/** The frame around every page: name, tabs when there are several, and the page. */
export function Shell({ tabs }: { tabs: readonly Tab[] }) {
  const open = useSignal(tabs[0]?.id ?? '');
  const tab = tabs.find(({ id }) => id === open.value);
  return (
    <>
      <header class="top">
        <Logo />
        <span class="top-name">Sallyport</span>
        {tabs.length > 1 ? <TabList tabs={tabs} open={open} /> : <span class="top-page">call page</span>}
      </header>
      <main class="page">{tab?.view()}</main>
      <footer class="foot">
        The call stays between this browser and the relay. Credentials come from <code>POST /v1/credentials</code>; the
        token is kept in memory only.
      </footer>
    </>
  );
}

function TabList({ tabs, open }: { tabs: readonly Tab[]; open: { value: string } }) {
  return (
    <nav class="tabs" aria-label="Pages">
      {tabs.map(({ id, title }) => (
        <button
          key={id}
          type="button"
          aria-current={open.value === id ? 'page' : undefined}
          onClick={() => (open.value = id)}
        >
          {title}
        </button>
      ))}
    </nav>
  );
}
