/** The questions of `llmproxy init`. None of them asks for a secret. */
import { intro, select, text } from '@clack/prompts';

import { STARTER_KEY_VARIABLES, type StarterAnswers } from '#config/starter-config.ts';

import { CliExit, type CliContext, EXIT } from './context.ts';

interface Streams {
  readonly input: CliContext['stdin'];
  readonly output: CliContext['stdout'];
}

/** `usual`: what stands there when a question is just answered with Enter. */
export async function ask(usual: StarterAnswers, context: CliContext): Promise<StarterAnswers> {
  const streams = { input: context.stdin, output: context.stdout };
  intro('A configuration for LLMProxy', streams);
  const provider = await askProvider(usual.provider, streams);
  const keyVariable = provider === 'demo' ? '' : await askVariable(provider, streams);
  const tenant = await askText(streams, {
    message: 'What is the first tenant called?',
    initialValue: usual.tenant,
    validate: matches(/^[a-z0-9][a-z0-9-]{0,62}$/u, 'Lower-case letters, digits and hyphens.'),
  });
  const listen = await askText(streams, {
    message: 'Where do applications connect?',
    initialValue: usual.listen,
    validate: matches(
      /^[A-Za-z0-9.[\]:-]{0,255}:[0-9]{1,5}$/u,
      'host:port, such as 127.0.0.1:8080.',
    ),
  });
  return { provider, keyVariable, tenant, listen, guards: await askGuards(usual.guards, streams) };
}

/** Ctrl-C in the middle writes nothing. */
function answered<T extends string>(answer: T | symbol): T {
  if (typeof answer === 'symbol') throw new CliExit(EXIT.problem, 'nothing was written');
  return answer;
}

const matches =
  (pattern: RegExp, message: string) =>
  (value: string | undefined): string | undefined =>
    pattern.test(value ?? '') ? undefined : message;

interface TextQuestion {
  readonly message: string;
  readonly initialValue: string;
  readonly validate: (value: string | undefined) => string | undefined;
}

const askText = async (streams: Streams, question: TextQuestion): Promise<string> =>
  answered(await text({ ...streams, ...question }));

const askProvider = async (
  initialValue: StarterAnswers['provider'],
  streams: Streams,
): Promise<StarterAnswers['provider']> =>
  answered<StarterAnswers['provider']>(
    await select<StarterAnswers['provider']>({
      ...streams,
      message: 'Which provider comes first?',
      initialValue,
      options: [
        { value: 'openai', label: 'OpenAI, or a server that speaks its API' },
        { value: 'anthropic', label: 'Anthropic' },
        { value: 'demo', label: 'The built-in demo', hint: 'offline, no key' },
      ],
    }),
  );

const askVariable = (provider: 'openai' | 'anthropic', streams: Streams): Promise<string> =>
  askText(streams, {
    message: 'Which environment variable holds its key? (the name, not the key)',
    initialValue: STARTER_KEY_VARIABLES[provider],
    validate: matches(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/u, 'Letters, digits and underscores.'),
  });

const askGuards = async (
  initialValue: StarterAnswers['guards'],
  streams: Streams,
): Promise<StarterAnswers['guards']> =>
  answered<StarterAnswers['guards']>(
    await select<StarterAnswers['guards']>({
      ...streams,
      message: 'What happens to credentials in prompts and answers?',
      initialValue,
      options: [
        { value: 'redact', label: 'Replaced by a mask' },
        { value: 'block', label: 'The call is refused' },
        { value: 'observe', label: 'Only recorded' },
      ],
    }),
  );
