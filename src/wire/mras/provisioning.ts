import { xmlText } from './xml.ts';

export const PROVISIONING_EVENT = 'vnd-microsoft-provisioning-v2';
export const PROVISIONING_TYPE = 'application/vnd-microsoft-roaming-provisioning-v2+xml';
const NAMESPACE = 'http://schemas.microsoft.com/2006/09/sip/provisiongrouplist-notification';

/** What clients are told about media when they sign in (MS-SIPREGE §2.2.2.5.1). */
export interface Provisioning {
  /** Where credentials for the relay are asked for. */
  readonly mrasUri: string;
  /** `Require` is also what clients do when they are told nothing. */
  readonly encryption: 'RequireEncryption' | 'SupportEncryption' | 'DoNotSupportEncryption';
}

/** The document of the answer to SUBSCRIBE and of BENOTIFY. Without conference and address book URIs clients ask for neither. */
export function writeProvisioning({ mrasUri, encryption }: Provisioning): Uint8Array {
  const group = `<mrasUri>${xmlText(mrasUri)}</mrasUri><ucPC2PCAVEncryption>${encryption}</ucPC2PCAVEncryption>`;
  return Buffer.from(
    `<provisionGroupList xmlns="${NAMESPACE}"><provisionGroup name="ServerConfiguration">${group}</provisionGroup></provisionGroupList>`,
  );
}
