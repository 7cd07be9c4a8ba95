/** Where calls go: a provider of one's own, with its secret in custody, or the built-in demo. */
import { ApiProblem } from '../api.ts';
import { t } from '../messages/message.ts';
import { type Field, filled, valueOf, type Values } from '../parts/fields.ts';
import { useSession } from '../session.ts';
import { QuickForm } from './quick-form.tsx';
import { Step } from './step.tsx';
import type { Turn } from './turns.ts';
import { type Entry, entriesText } from './use-section.ts';

const FIELDS: readonly Field[] = [
  {
    name: 'type',
    label: t('Whose API it speaks'),
    kind: 'choice',
    value: 'openai',
    options: [
      { value: 'openai', label: t('OpenAI, or one that speaks like it') },
      { value: 'anthropic', label: t('Anthropic') },
    ],
  },
  {
    name: 'apiKey',
    label: t('Its API key'),
    kind: 'secret',
    help: t('Sealed as it comes in, and shown to nobody again.'),
  },
  {
    name: 'model',
    label: t('Model there'),
    isRequired: true,
    help: t('As the provider names it. Callers use the same name.'),
  },
  {
    name: 'baseUrl',
    label: t('Address'),
    help: t('Empty: the vendor’s own. One in a private network is for the file alone to allow.'),
  },
];

/** A name of ours; a second provider of one vendor is added under Configuration. */
function changesOf(values: Values) {
  const type = valueOf(values, 'type');
  const baseUrl = valueOf(values, 'baseUrl').trim();
  const value = {
    type,
    ...filled('apiKey', valueOf(values, 'apiKey')),
    ...filled('baseUrl', baseUrl),
  };
  const model = valueOf(values, 'model').trim();
  const deployments = [{ provider: type, model }];
  return [
    { section: 'providers' as const, name: type, value },
    { section: 'models' as const, name: model, value: { deployments } },
  ];
}

/** Problems are named by their place in the configuration: `providers.openai.apiKey`. */
const atFields = ({ status, message, requestId, errors }: ApiProblem): ApiProblem =>
  new ApiProblem(status, message, {
    detail: null,
    requestId,
    errors: errors.map(({ field, problem }) => ({ field: field.split('.').at(-1) ?? '', problem })),
  });

interface ProviderStepProps extends Turn {
  readonly providers: readonly Entry[];
  readonly onAdded: () => void;
}

export function ProviderStep({ number, state, providers, onAdded, onSkip }: ProviderStepProps) {
  const { call } = useSession();
  const hasDemo = providers.some(({ type }) => type === 'demo');
  const add = async (values: Values): Promise<void> => {
    try {
      await call('POST /config/apply', { body: { changes: changesOf(values) } });
    } catch (thrown) {
      throw thrown instanceof ApiProblem ? atFields(thrown) : thrown;
    }
    onAdded();
  };
  return (
    <Step
      number={number}
      title={t('A provider')}
      state={state}
      summary={`${entriesText(providers)}${hasDemo ? t(' The demo answers offline, and costs nothing.') : ''}`}
    >
      <QuickForm
        fields={FIELDS}
        verb={t('Add it')}
        submit={add}
        other={{ verb: hasDemo ? t('Use the demo') : t('Not now'), run: onSkip }}
      />
    </Step>
  );
}
