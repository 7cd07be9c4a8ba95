/**
 * Opens connections to providers, to checked addresses only.
 *
 * The name is resolved once, every address of the answer is checked, and the connection goes to the
 * checked address; the socket's own remote address is checked after that. `lookup` is never called
 * for IP literals, so those are checked before.
 */
import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

import { buildConnector } from 'undici';

import { Fault } from '#domain/fault.ts';

import { isCredentialAddress, isPublicAddress } from './address.ts';

export type Resolve = (
  hostname: string,
  options: LookupOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface ConnectorOptions {
  readonly allowPrivateAddress: boolean;
  readonly connectTimeoutMs: number;
  /** For tests of rebinding; the system's resolver otherwise. */
  readonly resolve?: Resolve;
  readonly tls?: TlsMaterial;
}

/** PEM. Verification is never turned off; an authority of one's own takes the place of the system's. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

const systemResolve: Resolve = (hostname, options, callback) => {
  systemLookup(hostname, { ...options, all: true }, callback);
};

export const addressRefused = (): Fault =>
  new Fault('egress-refused', 'a provider address that is not public');

export type CheckedAddress = Pick<ConnectorOptions, 'allowPrivateAddress' | 'resolve'>;

/** Whether a socket may be connected to this address. */
export const isAllowedAddress = (
  address: string,
  { allowPrivateAddress }: CheckedAddress,
): boolean => (allowPrivateAddress ? !isCredentialAddress(address) : isPublicAddress(address));

/** What `net` and `tls` resolve names with. It is not asked for addresses. */
export function checkedLookup(options: CheckedAddress): LookupFunction {
  const { resolve = systemResolve } = options;
  return (hostname, lookupOptions, callback) => {
    resolve(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) {
        callback(error ?? new Error('no address'), '');
      } else if (!addresses.every(({ address }) => isAllowedAddress(address, options))) {
        // One bad address among good ones is an attack or a mistake: none of them is used.
        callback(addressRefused(), '');
      } else if (lookupOptions.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

export function checkedConnector(options: ConnectorOptions): buildConnector.connector {
  const { connectTimeoutMs, tls } = options;
  const isAllowed = (address: string): boolean => isAllowedAddress(address, options);
  const lookup = checkedLookup(options);
  const connect = buildConnector({ ...tls, timeout: connectTimeoutMs, lookup, allowH2: false });

  return (target, callback) => {
    const host = target.hostname.replace(/^\[|\]$/gu, '');
    if (isIP(host) !== 0 && !isAllowed(host)) {
      callback(addressRefused(), null);
      return;
    }
    connect(target, (...[error, socket]) => {
      if (error !== null || socket === null) {
        callback(error ?? new Error('no socket'), null);
      } else if (isAllowed(socket.remoteAddress ?? '')) callback(null, socket);
      else {
        socket.destroy();
        callback(addressRefused(), null);
      }
    });
  };
}
