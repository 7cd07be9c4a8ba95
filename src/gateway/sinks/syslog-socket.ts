/**
 * Opens the sockets that syslog needs, to checked addresses only (see connector.ts). TLS verifies the
 * receiver's certificate and name (RFC 5425 section 5.2, RFC 9525); no setting turns that off.
 */
import { type Socket as Datagrams, createSocket } from 'node:dgram';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { SinkFault, type SinkFaultCode } from '#audit/sinks/sink.ts';
import { Fault } from '#domain/fault.ts';

import {
  addressRefused,
  type CheckedAddress,
  checkedLookup,
  isAllowedAddress,
  type TlsMaterial,
} from '../connector.ts';

export interface SyslogAddress extends CheckedAddress {
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly host: string;
  readonly port: number;
  readonly tls: TlsMaterial;
}

/** Not connected yet: its events say how that ends. Throws where the address is not allowed. */
export function openStream(address: SyslogAddress, session: Buffer | null): Socket {
  const { transport, host, port, tls } = address;
  if (isIP(host) !== 0 && !isAllowedAddress(host, address)) throw new SinkFault('address-refused');
  const target = { host, port, lookup: checkedLookup(address) };
  const socket =
    transport === 'tls'
      ? connectTls({ ...target, ...tls, ...(session !== null && { session }) })
      : connectTcp(target);
  socket.once('connect', () => {
    if (!isAllowedAddress(socket.remoteAddress ?? '', address)) socket.destroy(addressRefused());
  });
  return socket;
}

export interface UdpTarget {
  readonly socket: Datagrams;
  readonly address: string;
}

/** A socket of the family of the receiver's first address. */
export async function openDatagrams(target: SyslogAddress): Promise<UdpTarget> {
  const address = await addressOf(target);
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  // A receiver that is not there is told by ICMP to a later send: UDP promises nothing.
  socket.on('error', () => {});
  return { socket, address };
}

async function addressOf(target: SyslogAddress): Promise<string> {
  const { host } = target;
  if (isIP(host) !== 0) {
    if (!isAllowedAddress(host, target)) throw new SinkFault('address-refused');
    return host;
  }
  return await new Promise((resolve, reject) => {
    checkedLookup(target)(host, {}, (error, address) => {
      if (error === null && typeof address === 'string') resolve(address);
      else reject(new SinkFault(socketFault(error)));
    });
  });
}

const TLS = /CERT|TLS|SSL|SELF_SIGNED|ISSUER|VERIFY/u;
const UNREACHABLE = /^(?:ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)$/u;

/** By code alone. */
export function socketFault(error: Error | null): SinkFaultCode {
  if (error instanceof SinkFault) return error.code;
  if (error instanceof Fault && error.code === 'egress-refused') return 'address-refused';
  const code = error !== null && 'code' in error ? String(error.code) : '';
  if (UNREACHABLE.test(code)) return 'unreachable';
  return TLS.test(code) ? 'tls-failed' : 'broken';
}
