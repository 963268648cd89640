import { Icon } from '../shell/icons.tsx';

const HANDSET =
  'M6.6 3.8l2.6.9 1.2 3.7-2 1.7a12.5 12.5 0 0 0 5.5 5.5l1.7-2 3.7 1.2.9 2.6c.1.5 0 1-.4 1.4l-1.3 1.2c-.6.5-1.3.7-2 .6C9.9 19.7 4.3 14.100 3.400 7.500c-.1-.7.1-1.500.6-2l1.200-1.300c.4-.4.9-.5 1.400-.4z';

export function PhoneIcon() {
  return <Icon path={HANDSET} />;
}

/** The handset laid down. */
export function HangUpIcon() {
  return (
    <span class="laid-down">
      <Icon path={HANDSET} />
    </span>
  );
}

export function MicrophoneIcon({ on }: { on: boolean }) {
  const stand = 'M6 11.500a6 6 0 0 0 12 0M12 17.500V21M9 21h6';
  return <Icon path={`M9 6.500a3 3 0 0 1 6 0v5a3 3 0 0 1-6 0z${stand}${on ? '' : 'M4 4l16 16'}`} />;
}

export function CameraIcon({ on }: { on: boolean }) {
  return (
    <Icon
      path={`M3.500 8a2 2 0 0 1 2-2h7.500a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5.500a2 2 0 0 1-2-2zM15 10.500l5.500-3v9l-5.500-3${on ? '' : 'M4 4l16 16'}`}
    />
  );
}

export function PinIcon() {
  return (
    <Icon path="M12 4.200l2.400 4.900 5.400.8-3.900 3.800.9 5.400-4.800-2.600-4.800 2.600.9-5.400L4.200 9.900l5.400-.8z" />
  );
}

export function MadeIcon() {
  return <Icon path="M7 17L17 7M9 7h8v8" />;
}

export function TakenIcon() {
  return <Icon path="M17 7L7 17M15 17H7V9" />;
}

export function MissedIcon() {
  return <Icon path="M4 8l8 7 8-7M15 8h5v5" />;
}

export function ShieldIcon() {
  return (
    <Icon path="M12 3.500l7 2.600v5.400c0 4.200-2.800 7.400-7 9-4.200-1.600-7-4.800-7-9V6.100zM9 12l2.200 2.200L15.200 10" />
  );
}

export function ArrowsIcon() {
  return <Icon path="M4 9h15m0 0-3.500-3.500M20 15H5m0 0 3.500 3.500" />;
}

export function CopyIcon() {
  return <Icon path="M9 9h10v11H9zM15 9V5H5v11h4" />;
}
