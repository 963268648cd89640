import type { ComponentChildren } from 'preact';

/** A gate with a way in and a way out. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" fill="none">
      <rect width="32" height="32" rx="8" class="logo-wall" />
      <path d="M8 26V14a8 8 0 0 1 16 0v12" class="logo-gate" />
      <path d="M12.5 19h7m0 0-2.6-2.6m2.6 2.6-2.6 2.6" class="logo-way-a" />
      <path d="M19.5 25h-7m0 0 2.6-2.6m-2.6 2.6 2.6 2.6" class="logo-way-b" />
    </svg>
  );
}

export function CheckIcon() {
  return <Icon path="M5 12.5l4.5 4.5L19 7.5" />;
}

export function CrossIcon() {
  return <Icon path="M7 7l10 10M17 7L7 17" />;
}

export function QuestionIcon() {
  return <Icon path="M9 9.5a3 3 0 1 1 4.2 2.7c-.8.4-1.2 1-1.2 2M12 17.5v.01" />;
}

export function SpeakerIcon({ on }: { on: boolean }) {
  return (
    <Icon
      path={`M4 10v4h3l4 3.5v-11L7 10zM${on ? '15 9.5a4 4 0 0 1 0 5M17.5 7.5a7 7 0 0 1 0 9' : '15.5 10l4 4m0-4l-4 4'}`}
    />
  );
}

export function WaitIcon() {
  return (
    <Stroked>
      <circle cx="12" cy="12" r="8" class="wait-track" />
      <path d="M12 4a8 8 0 0 1 8 8" class="wait-hand" />
    </Stroked>
  );
}

export function Icon({ path }: { path: string }) {
  return (
    <Stroked>
      <path d={path} />
    </Stroked>
  );
}

function Stroked({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor">
      {children}
    </svg>
  );
}
