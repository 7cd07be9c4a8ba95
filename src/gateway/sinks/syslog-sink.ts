/**
 * Syslog messages over TCP (octet counting, RFC 6587), TLS (RFC 5425) or UDP (RFC 5426).
 *
 * Syslog acknowledges nothing. Over TCP and TLS each parcel has a connection of its own: we close our
 * half behind it and wait until the receiver closes its own, which it does when it has read to the end.
 * A parcel whose connection ends in any other way is sent again. What a receiver has read may still be
 * in its memory, so for `settleMs` it does not count as kept: after a failure, or a restart of ours,
 * the records of those last seconds are sent again (decision 0043). UDP loses what the network loses.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

import { inTurns } from '#audit/sinks/in-turns.ts';
import { type Parcel, type Sink, SinkFault } from '#audit/sinks/sink.ts';
import { octetCounted, syslogMessage, type SyslogSettings } from '#audit/sinks/syslog-message.ts';
import type { Cancellation } from '#stdx/cancellation.ts';

import {
  openDatagrams,
  openStream,
  socketFault,
  type SyslogAddress,
  type UdpTarget,
} from './syslog-socket.ts';

/** How long what a receiver has read may still be in its memory only. */
const SETTLE_MS = 10_000;
/** More datagrams at once than this overrun the buffer of a usual receiver. */
const DATAGRAMS_MAX = 64;

export class SyslogSink implements Sink {
  readonly type = 'syslog';
  readonly takes = 'records';
  readonly recordsMax: number;
  readonly bytesMax = 1_024 * 1_024;
  readonly lingerMs: number;
  readonly settleMs: number;
  readonly #address: SyslogAddress;
  readonly #settings: SyslogSettings;
  /** Of the last connection: the next handshake is a short one. */
  #session: Buffer | null = null;
  #udp: UdpTarget | null = null;

  constructor(address: SyslogAddress, settings: SyslogSettings) {
    const isUdp = address.transport === 'udp';
    this.#address = address;
    this.#settings = settings;
    this.recordsMax = isUdp ? DATAGRAMS_MAX : 2_000;
    this.lingerMs = isUdp ? 20 : 500;
    this.settleMs = isUdp ? 0 : SETTLE_MS;
  }

  async send(parcel: Parcel, cancellation: Cancellation): Promise<void> {
    if (parcel.kind === 'file') throw new SinkFault('refused');
    const messages = await inTurns(parcel.events, (event) => syslogMessage(event, this.#settings));
    if (this.#address.transport === 'udp') await this.#datagrams(messages);
    else await this.#stream(Buffer.concat(messages.map(octetCounted)), cancellation);
  }

  async #stream(bytes: Buffer, cancellation: Cancellation): Promise<void> {
    const socket = openStream(this.#address, this.#session);
    if (socket instanceof TLSSocket) {
      socket.on('session', (session: Buffer) => {
        this.#session = session;
      });
    }
    const stop = (): void => void socket.destroy();
    cancellation.on(stop);
    try {
      await readToTheEnd(socket, bytes);
    } catch (thrown) {
      // A session that the receiver has forgotten costs a whole handshake, and nothing else.
      this.#session = null;
      throw thrown;
    } finally {
      cancellation.off(stop);
      socket.destroy();
    }
  }

  async #datagrams(messages: readonly Buffer[]): Promise<void> {
    this.#udp ??= await openDatagrams(this.#address);
    const { socket, address } = this.#udp;
    for (const message of messages) {
      await new Promise<void>((resolve, reject) => {
        socket.send(message, this.#address.port, address, (error) => {
          if (error === null) resolve();
          else reject(new SinkFault(socketFault(error)));
        });
      });
    }
  }

  async close(): Promise<void> {
    this.#udp?.socket.close();
    this.#udp = null;
    await Promise.resolve();
  }
}

/** Writes everything, closes our half, and resolves when the receiver has closed its own after that. */
function readToTheEnd(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    let isFlushed = false;
    let isEnded = false;
    let error: Error | null = null;
    socket.once('error', (thrown) => {
      error = thrown;
    });
    socket.once('finish', () => {
      isFlushed = true;
    });
    socket.once('end', () => {
      // An end before ours is a receiver that went away; what it had not read is lost.
      isEnded = isFlushed;
    });
    socket.once('close', () => {
      if (error === null && isEnded) resolve();
      else reject(new SinkFault(socketFault(error)));
    });
    socket.resume();
    socket.end(bytes);
  });
}
