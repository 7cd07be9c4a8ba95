/** Receivers that are people, out of a configuration: what is sent to them only rules send. */
import { readFileSync } from 'node:fs';

import { type RuleReceiverSection, smtpServer } from '#config/alert-rules-section.ts';
import type { Config } from '#config/config.ts';
import type { AlertWay } from '#gateway/alerts/alert-hub.ts';
import type { AlertSender } from '#gateway/alerts/alert-sender.ts';
import { EmailSender } from '#gateway/alerts/email-sender.ts';
import { SlackSender } from '#gateway/alerts/slack-sender.ts';
import { assert } from '#stdx/assert.ts';
import type { Clock } from '#stdx/clock.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';

/** Messages that wait, attempts at one and its age at most: a person reads them, or another does. */
const BOUNDS = { attemptsMax: 8, ageMaxMs: 3_600_000, dedupWindowMs: 0, queueMax: 100 } as const;

export const ruleReceiverWays = ({ alertRules }: Config, clock: Clock): AlertWay[] =>
  alertRules.receivers.map((section, index) => ({
    settings: {
      name: section.name,
      severityMin: 'low',
      // Nothing of what guards find: rules tell them by name.
      events: [],
      guards: null,
      tenants: null,
      ...BOUNDS,
    },
    sender: senderOf(section, index, clock),
  }));

function senderOf(section: RuleReceiverSection, index: number, clock: Clock): AlertSender {
  const { allowPrivateAddress, timeout } = section;
  const shared = { allowPrivateAddress, timeoutMs: timeout.ms };
  if (section.type === 'slack') {
    return new SlackSender({ url: new URL(section.url), ...shared }, clock);
  }
  const { from, to, username, password, isPlaintext, ca } = section;
  const server = smtpServer(section.server);
  assert(server !== null, 'the schema lets only addresses of servers through');
  const { host, port, isTls } = server;
  const startTls = isPlaintext ? 'none' : 'starttls';
  return new EmailSender(
    {
      host,
      port,
      security: isTls ? 'tls' : startTls,
      from,
      to,
      login:
        username === undefined || password === undefined
          ? null
          : { user: username, pass: password },
      ca: ca === undefined ? null : pemOf(ca, index),
      ...shared,
    },
    clock,
  );
}

function pemOf(path: string, index: number): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The cause may quote what is in the file.
    throw new ConfigProblem(['alertRules', 'receivers', index, 'ca'], 'the file cannot be read');
  }
}
