/** `audit:` in the configuration. */
import { z } from 'zod';

import { isNoteName, parseNoteKey } from '#audit/merkle/signed-note.ts';

import { durationField } from './duration.ts';
import { nameField, pathField } from './fields.ts';
import { sinksSection, spoolBytesMax } from './sinks-section.ts';

const anchorUrl = (about: string) =>
  z
    .url({ protocol: /^https?$/u, error: 'write an https URL' })
    .max(2_048)
    .meta({ description: about });

const anchorShared = {
  name: nameField
    .refine((name) => name !== 'fleet', 'fleet is the log of the gateways: choose another name')
    .meta({ description: 'Stands in metrics and the log.' }),
};
const anchorRemote = {
  ...anchorShared,
  allowPrivateAddress: z
    .boolean()
    .default(false)
    .meta({ description: 'It may have a private address, and plain http.' }),
};

const fileAnchor = z.strictObject({
  ...anchorShared,
  type: z.literal('file'),
  path: pathField.meta({
    description: 'A file on another volume or machine; it is only added to.',
  }),
});

const witnessAnchor = z.strictObject({
  ...anchorRemote,
  type: z.literal('witness'),
  url: anchorUrl('Where the witness takes checkpoints, without `/add-checkpoint`.'),
  key: z
    .string()
    .max(400)
    .refine(
      (text) => parseNoteKey(text)?.type === 4,
      'write the key that the witness prints: <name>+<id>+<base64>',
    )
    .meta({ description: 'The key of the witness, as it prints it.' }),
});

const timestampAnchor = z.strictObject({
  ...anchorRemote,
  type: z.literal('timestamp'),
  url: anchorUrl('Where the time-stamp authority (RFC 3161) takes requests.'),
});

const anchor = z
  .discriminatedUnion('type', [fileAnchor, witnessAnchor, timestampAnchor], {
    error: '`type` is file, witness or timestamp',
  })
  .refine((one) => one.type === 'file' || one.allowPrivateAddress || one.url.startsWith('https:'), {
    path: ['url'],
    error: 'use https, or allowPrivateAddress: true for your own network',
  });

export type AnchorSection = z.output<typeof anchor>;

const checkpointSection = z
  .strictObject({
    every: durationField({ min: '1s', max: '60s' })
      .prefault('30s')
      .meta({ description: 'How often what was written is signed.' }),
    origin: z
      .string()
      .refine(isNoteName, 'write a name without spaces, such as example.com/llmproxy')
      .optional()
      .meta({
        description:
          'The name of the log in its checkpoints. Left out: of this data folder. Gateways that share a configuration need one each, such as `example.com/llmproxy/${env:HOSTNAME}`: with one name they are one log to whoever verifies them.',
      }),
    keyFile: pathField.optional().meta({
      description: 'Its signing key. Left out: `audit-checkpoint-key` in the data folder.',
    }),
  })
  .prefault({})
  .meta({ description: 'The signed Merkle log over the records.' });

export const auditSection = z
  .strictObject({
    profiles: z
      .array(z.enum(['gdpr', 'hipaa', 'soc2', 'eu-ai-act']))
      .max(4)
      .default([])
      .meta({
        description:
          'Rules that you are under. Each asks for settings, and the gateway does not start without them.',
      }),
    onFailure: z.enum(['deny', 'deny-after', 'allow-with-gap']).default('deny').meta({
      description:
        'What becomes of calls while records cannot be kept: refused; refused after `denyAfter`; let through, with a record of the gap. All but `deny` are recorded.',
    }),
    denyAfter: durationField({ min: '1s', max: '1d' })
      .prefault('5m')
      .meta({ description: 'How long `deny-after` lets calls through.' }),
    quotaBytes: z
      .int()
      .min(64 * 1_024 * 1_024, 'at least 67108864, 64 MiB')
      .optional()
      .meta({
        description: 'The most that the log may take on the disk, in bytes. Left out: the disk.',
      }),
    content: z.enum(['none', 'redacted', 'full']).default('none').meta({
      description:
        'What is kept of what is said, encrypted under a key of whom it is about: nothing, what guards let out, or all.',
    }),
    reveal: z
      .strictObject({
        secondPerson: z
          .boolean()
          .default(false)
          .meta({ description: 'Whether another person has to agree before content is shown.' }),
      })
      .prefault({}),
    retention: z
      .strictObject({
        metadata: durationField({ min: '1d', max: '3650d' })
          .prefault('400d')
          .meta({ description: 'How long records are kept.' }),
        content: durationField({ min: '1h', max: '3650d' })
          .prefault('30d')
          .meta({ description: 'How long content is kept, where it is kept at all.' }),
        unanchored: z.boolean().default(false).meta({
          description:
            'Whether records may be deleted that no anchor and no receiver outside this machine has.',
        }),
      })
      .prefault({}),
    checkpoint: checkpointSection,
    anchors: z
      .array(anchor)
      .max(8)
      .default([])
      .meta({ description: 'Who keeps checkpoints outside this machine.' }),
    sinks: sinksSection,
    spoolBytesMax,
  })
  .meta({ description: 'The append-only log of every decision.' });

export type AuditSection = z.output<typeof auditSection>;
