export { exposePhone } from './automation.ts';
export { Phone } from './phone.ts';
export { PhoneTab } from './phone-tab.tsx';
