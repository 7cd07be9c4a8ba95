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

import { isPublicAddress } from './address.ts';

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
}

const systemResolve: Resolve = (hostname, options, callback) => {
  systemLookup(hostname, { ...options, all: true }, callback);
};

const refused = (): Fault => new Fault('egress-refused', 'a provider address that is not public');

export function checkedConnector(options: ConnectorOptions): buildConnector.connector {
  const { allowPrivateAddress, connectTimeoutMs, resolve = systemResolve } = options;
  const isAllowed = (address: string): boolean => allowPrivateAddress || isPublicAddress(address);

  const lookup: LookupFunction = (hostname, lookupOptions, callback) => {
    resolve(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) {
        callback(error ?? new Error('no address'), '');
      } else if (!addresses.every(({ address }) => isAllowed(address))) {
        // One bad address among good ones is an attack or a mistake: none of them is used.
        callback(refused(), '');
      } else if (lookupOptions.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
  const connect = buildConnector({ timeout: connectTimeoutMs, lookup, allowH2: false });

  return (target, callback) => {
    const host = target.hostname.replace(/^\[|\]$/gu, '');
    if (isIP(host) !== 0 && !isAllowed(host)) {
      callback(refused(), null);
      return;
    }
    connect(target, (...[error, socket]) => {
      if (error !== null || socket === null) {
        callback(error ?? new Error('no socket'), null);
      } else if (isAllowed(socket.remoteAddress ?? '')) callback(null, socket);
      else {
        socket.destroy();
        callback(refused(), null);
      }
    });
  };
}
