/**
 * Sends alerts by SMTP (RFC 5321). The socket is opened here, to checked addresses only, and handed to
 * nodemailer, which speaks on it: TLS from the start or by STARTTLS, verified, before a password is said
 * (decision 0049). What the server says beside its code is not kept.
 */
import { connect, isIP, type Socket } from 'node:net';

import { Fault, type FaultCode } from '#domain/fault.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import type { Clock } from '#stdx/clock.ts';

import {
  addressRefused,
  type CheckedAddress,
  checkedLookup,
  isAllowedAddress,
} from '../connector.ts';
import type { AlertEvent } from './alert.ts';
import type { AlertSender, Delivery } from './alert-sender.ts';
import { textOf } from './alert-text.ts';
import { mailOf } from './mail-text.ts';

export interface EmailOptions extends CheckedAddress {
  readonly host: string;
  readonly port: number;
  readonly security: 'tls' | 'starttls' | 'none';
  readonly from: string;
  readonly to: readonly string[];
  readonly login: { readonly user: string; readonly pass: string } | null;
  /** PEM; in place of the system's authorities. */
  readonly ca: string | null;
  readonly timeoutMs: number;
}

export class EmailSender implements AlertSender {
  readonly #options: EmailOptions;
  readonly #clock: Clock;

  constructor(options: EmailOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  async send({ id, alert }: AlertEvent, cancellation: Cancellation): Promise<Delivery> {
    const startMs = this.#clock.monotonicMs();
    const { from, to, timeoutMs } = this.#options;
    const { title, lines } = textOf(alert);
    const mail = mailOf({ id, from, to, title, lines, atMs: this.#clock.nowMs() });
    let socket: Socket | null = null;
    const stop = (): void => void socket?.destroy();
    const timer = setTimeout(stop, timeoutMs);
    cancellation.on(stop);
    let said: Pick<Delivery, 'status' | 'fault'>;
    try {
      socket = await this.#connected(timeoutMs);
      await this.#speak(socket, mail);
      said = { status: 200, fault: null };
    } catch (thrown) {
      // By code alone: an error of SMTP quotes what the server said, and may quote what we did.
      said = verdictOf(thrown);
    } finally {
      clearTimeout(timer);
      cancellation.off(stop);
      stop();
    }
    return { ...said, retryAfterMs: null, ms: Math.round(this.#clock.monotonicMs() - startMs) };
  }

  async close(): Promise<void> {
    // Each mail has a connection of its own.
  }

  #connected(timeoutMs: number): Promise<Socket> {
    const options = this.#options;
    const { host, port } = options;
    return new Promise((resolve, reject) => {
      if (isIP(host) !== 0 && !isAllowedAddress(host, options)) {
        reject(addressRefused());
        return;
      }
      const socket = connect({ host, port, lookup: checkedLookup(options), timeout: timeoutMs });
      socket.once('timeout', () => socket.destroy(new Fault('provider-timeout', 'connecting')));
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.setTimeout(0);
        socket.removeListener('error', reject);
        if (isAllowedAddress(socket.remoteAddress ?? '', options)) resolve(socket);
        else {
          socket.destroy();
          reject(addressRefused());
        }
      });
    });
  }

  /** Loaded when the first mail is sent: most have none to send. */
  async #speak(socket: Socket, mail: string): Promise<void> {
    const { default: SMTPConnection } = await import('nodemailer/lib/smtp-connection');
    const { host, security, from, to, login, ca, timeoutMs } = this.#options;
    const connection = new SMTPConnection({
      host,
      connection: socket,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      name: 'llmproxy',
      logger: false,
      tls: { minVersion: 'TLSv1.2', ...(ca !== null && { ca }) },
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      maxResponseSize: 65_536,
    });
    try {
      await new Promise<void>((resolve, reject) => {
        connection.once('error', reject);
        connection.once('end', () => reject(new Fault('provider-cut', 'the server hung up')));
        const sent = (error: Error | null): void => (error === null ? resolve() : reject(error));
        const send = (): void => {
          connection.send({ from, to: [...to] }, mail, (error) => sent(error ?? null));
        };
        connection.connect((error) => {
          if (error) reject(error);
          else if (login === null) send();
          else {
            connection.login(login, (failed) => {
              if (failed) reject(failed);
              else send();
            });
          }
        });
      });
    } finally {
      connection.close();
      // What ends after the mail is taken, or lost, is nobody's concern.
      connection.on('error', () => {});
    }
  }
}

/** In the terms of HTTP, which the queue knows: 5yz of SMTP is final, 4yz and silence may pass. */
function verdictOf(thrown: unknown): Pick<Delivery, 'status' | 'fault'> {
  if (thrown instanceof Fault) return { status: null, fault: thrown.code };
  const responseCode = fieldOf(thrown, 'responseCode');
  const code = fieldOf(thrown, 'code');
  if (typeof responseCode === 'number' && responseCode >= 400) {
    return { status: responseCode >= 500 ? 400 : 503, fault: null };
  }
  if (code === 'EAUTH' || code === 'ENOAUTH') return { status: 401, fault: null };
  return { status: null, fault: FAULTS.get(String(code)) ?? 'provider-unreachable' };
}

const fieldOf = (thrown: unknown, name: string): unknown =>
  thrown instanceof Error ? Reflect.get(thrown, name) : undefined;

const FAULTS: ReadonlyMap<string, FaultCode> = new Map([
  ['ETIMEDOUT', 'provider-timeout'],
  ['ECONNRESET', 'provider-cut'],
  ['ESOCKET', 'provider-cut'],
  ['EPROTOCOL', 'provider-reply-invalid'],
]);
