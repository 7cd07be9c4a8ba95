/** `server:` and `admin:` in the configuration: the two listeners and their bounds. */
import { z } from 'zod';

import { durationField, quotaField } from './duration.ts';
import { isNetwork, listenField, pathField, whenObject } from './fields.ts';
import { overloadSection } from './overload-section.ts';
import { accountsField, oidcField, sessionsField } from './people-section.ts';

const tls = z
  .strictObject({
    cert: pathField.meta({
      description:
        'PEM file with the certificate and its chain. A file of `tls` that changes is read again within seconds.',
    }),
    key: pathField.meta({ description: 'PEM file with the private key.' }),
    clientCa: pathField.optional().meta({
      description: 'PEM file with the authorities that client certificates must come from.',
    }),
    clientCrl: pathField.optional().meta({
      description:
        'PEM file with revocation lists of these authorities. One that is over refuses every certificate.',
    }),
    clientAuth: z
      .enum(['none', 'optional', 'required'])
      .default('none')
      .meta({ description: 'Whether clients must show a certificate.' }),
  })
  .refine(({ clientAuth, clientCa }) => clientAuth === 'none' || clientCa !== undefined, {
    path: ['clientCa'],
    when: whenObject,
    error: 'clientAuth needs clientCa: without it no client certificate can be checked',
  });

const tlsField = tls
  .nullable()
  .default(null)
  .meta({ description: 'Certificate of this listener; null for plain HTTP behind a proxy.' });

const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:]{2,39}\])(?::[0-9]{1,5})?$/u;

/** Beyond it the owner of the counters would be the bottleneck long before. */
const WORKERS_MAX = 64;

const proxiesField = z
  .array(z.string().refine(isNetwork, 'write an IP address or a CIDR range such as 10.0.0.0/8'))
  .max(256)
  .default([])
  .meta({ description: 'Peers whose x-forwarded-for is believed. Nobody, by default.' });

export const serverSection = z
  .strictObject({
    listen: listenField
      .prefault('127.0.0.1:8080')
      .meta({ description: 'host:port of the data plane; port 0 takes a free one.' }),
    trustedProxies: proxiesField,
    hosts: z
      .array(z.string().regex(HOST, 'write a lower-case host name, with :port where it has one'))
      .max(256)
      .default([])
      .meta({
        description:
          'The only values of the Host header that are served. Empty: any; on loopback, loopback names.',
      }),
    bodyBytesMax: z
      .int()
      .min(1_024)
      .max(67_108_864)
      .default(4_194_304)
      .meta({ description: 'Largest request body. A larger one is answered with 413.' }),
    bodyBytesPerSecondMin: z.int().min(1).max(1_000_000).default(512).meta({
      description: 'A request body that comes slower, after the first 5 s, is answered with 408.',
    }),
    tls: tlsField,
    inFlightMax: z
      .int()
      .min(1)
      .max(65_536)
      .default(1_024)
      .meta({ description: 'Requests at once. The next one is answered with 503, not queued.' }),
    connectionsMax: z
      .int()
      .min(1)
      .max(65_536)
      .default(4_096)
      .meta({ description: 'Open connections. A further one is closed at once.' }),
    tarpit: z
      .strictObject({
        after: quotaField.prefault('100/1s').meta({
          description:
            'How many refusals of strangers at one address (/32, /64) are answered at once. Callers whose credential is accepted are never held back.',
        }),
        hold: durationField({ min: '0ms', max: '10s' })
          .prefault('1s')
          .meta({ description: 'How long each further one is held back; 0s: not at all.' }),
      })
      .prefault({}),
    drainDelay: durationField({ min: '0ms', max: '5m' }).prefault('0s').meta({
      description:
        'How long calls are still taken after the signal to stop, while readiness says no: behind a load balancer a little longer than it takes to notice.',
    }),
    drainLimit: durationField({ min: '0ms', max: '1h' })
      .prefault('30s')
      .meta({ description: 'How long running requests may go on after the signal to stop.' }),
    overload: overloadSection.prefault({}),
    workers: z
      .union([z.literal('auto'), z.int().min(1).max(WORKERS_MAX)], {
        error: `write a number from 1 to ${WORKERS_MAX}, or auto`,
      })
      .default(1)
      .meta({
        description:
          'Processes that take calls, on one machine: a number, or `auto` for one a core. 1: there is one process for everything.',
      }),
    workerLeases: z.boolean().default(false).meta({
      description:
        'With more than one worker: calls that come often are counted in the worker, out of a loan for a second that the owner of the counters has granted. Limits hold; near one every call asks the owner.',
    }),
    workerHeapBytesMax: z
      .int()
      .min(134_217_728, 'at least 134217728, 128 MiB')
      .max(68_719_476_736)
      .default(1_073_741_824)
      .meta({
        description:
          'With more than one worker: how large the heap of each may be. One that needs more ends, with the calls that it runs, and another takes its place.',
      }),
  })
  .meta({ description: 'The data plane: where applications connect.' });

export const adminSection = z
  .strictObject({
    listen: listenField
      .prefault('127.0.0.1:8081')
      .meta({ description: 'host:port of the admin API and dashboard, a listener of its own.' }),
    tls: tlsField,
    trustedProxies: proxiesField,
    sessions: sessionsField,
    accounts: accountsField,
    oidc: oidcField,
    requests: z
      .strictObject({
        unproven: quotaField.prefault('6000/1m').meta({
          description:
            'Of one address (/32, /64) that prove nobody: no credential, a wrong one, signing in. Beyond that 429; credentials that have proven somebody go on.',
        }),
        perCaller: quotaField.prefault('30000/1m').meta({
          description: 'Of one person or token, SCIM included. Beyond that 429.',
        }),
      })
      .prefault({})
      .meta({ description: 'How many requests the admin API and SCIM take.' }),
    secondPerson: z.boolean().default(false).meta({
      description:
        'Changes of the configuration by the admin API are proposed by one administrator and agreed to by another.',
    }),
  })
  .meta({ description: 'The admin plane: API, dashboard, metrics.' });

export type ServerSection = z.output<typeof serverSection>;
export type TlsSection = z.output<typeof tls>;
