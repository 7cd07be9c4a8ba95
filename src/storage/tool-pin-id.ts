/** Under which id a pin is kept. Names are the caller's, and an id stands in addresses. */
import { hash } from 'node:crypto';

import type { ToolPinRecord } from './records.ts';

type Owner = Pick<ToolPinRecord, 'tenant' | 'owner'>;

const digestOf = (parts: readonly string[]): string =>
  hash('sha256', JSON.stringify(parts), 'hex').slice(0, 32);

/** Hashes of the owner and the name. The owner's comes first. */
export const pinPrefix = ({ tenant, owner }: Owner): string => `${digestOf([tenant, owner])}-`;

export const toolPinId = (pin: Pick<ToolPinRecord, 'tenant' | 'owner' | 'name'>): string =>
  pinPrefix(pin) + digestOf([pin.name]);
