import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Logo } from './icons.tsx';

/** One page of the console. */
export interface Tab {
  readonly id: string;
  readonly title: string;
  /** Said at the bottom: what becomes of what is typed here. */
  readonly note: ComponentChildren;
  /** Goes on behind the others, once it was open: a phone must not fall silent. */
  readonly goesOn?: boolean;
  view(): ComponentChildren;
}

export interface ShellProps {
  readonly tabs: readonly Tab[];
  readonly open: Signal<string>;
  /** The tabs that have been open. */
  readonly seen: ReadonlySet<string>;
}

/** The frame around every page: name, tabs when there are several, and the page. */
export function Shell({ tabs, open, seen }: ShellProps) {
  const shown = tabs.find(({ id }) => id === open.value) ?? tabs[0];
  return (
    <>
      <header class="top">
        <Logo />
        <span class="top-name">Sallyport</span>
        {tabs.length > 1 ? (
          <TabList tabs={tabs} open={open} />
        ) : (
          <span class="top-page">{shown?.title.toLowerCase()} page</span>
        )}
      </header>
      <main class="page">
        {tabs
          .filter(tab => tab === shown || (tab.goesOn === true && seen.has(tab.id)))
          .map(tab => (
            <div key={tab.id} hidden={tab !== shown}>
              {tab.view()}
            </div>
          ))}
      </main>
      <footer class="foot">{shown?.note}</footer>
    </>
  );
}

function TabList({ tabs, open }: { tabs: readonly Tab[]; open: Signal<string> }) {
  return (
    <nav class="tabs" aria-label="Pages">
      {tabs.map(({ id, title }) => (
        <button
          key={id}
          type="button"
          aria-current={open.value === id ? 'page' : undefined}
          onClick={() => {
            open.value = id;
          }}
        >
          {title}
        </button>
      ))}
    </nav>
  );
}
