/** A change to the configuration: written, shown as what would differ, and only then applied. */
import { type FormEvent, useRef, useState } from 'react';

import type { SettingView } from '../../../src/admin/contract.ts';

import { messageOf } from '../api.ts';
import { isRecord } from '../is-record.ts';
import { t } from '../messages/message.ts';
import { type Field, FormProblem, type Values, valueOf } from '../parts/fields.ts';
import { FieldInput, valuesOf } from '../parts/form-dialog.tsx';
import { Problem } from '../parts.tsx';
import { Differences } from './config-differences.tsx';
import { ConfigFields } from './config-fields.tsx';
import type { Section } from './sections.ts';

export interface ConfigChange {
  readonly section: Section;
  readonly name: string;
  /** Null takes the entry out. */
  readonly value: Readonly<Record<string, unknown>> | null;
  readonly version?: number;
}

interface ConfigEditorProps {
  readonly section: Section;
  /** Null: a new one. */
  readonly setting: SettingView | null;
  /** `isProposed`: somebody else has to agree first. */
  readonly onDone: (isProposed: boolean) => void;
}

const STARTS: Readonly<Record<Section, unknown>> = {
  providers: { type: 'demo' },
  models: { deployments: [{ provider: 'demo' }] },
  guards: { type: 'secrets', action: 'block' },
  limits: { per: ['key'], requests: '60/1m' },
  budgets: { per: ['tenant'], usd: 100, period: 'month' },
  alerts: { url: 'https://alerts.example.com/hook' },
  issuers: { issuer: 'https://login.example.com' },
  endUsers: { issuer: 'https://app.example.com' },
  introspection: {
    endpoint: 'https://login.example.com/introspect',
    clientId: 'llmproxy',
    clientSecret: '',
  },
  sinks: { type: 'otlp', url: 'https://collector.example.com/v1/logs' },
};

export function ConfigEditor({ section, setting, onDone }: ConfigEditorProps) {
  const [change, setChange] = useState<ConfigChange | null>(null);
  const [isShown, setIsShown] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const value = change?.value ?? setting?.value ?? STARTS[section];
  const form = useRef<HTMLFormElement>(null);
  const [text, setText] = useState(JSON.stringify(value, null, 2));
  const fields = [...(setting === null ? [nameField(change?.name ?? '')] : []), valueField(text)];
  /** The browser keeps what is written; the help reads it, and writes a field into it. */
  const add = (written: string): void => {
    const area = form.current?.elements.namedItem('value');
    if (area instanceof HTMLTextAreaElement) area.value = written;
    setText(written);
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    try {
      setChange(changeOf(valuesOf(event.currentTarget), section, setting));
      setIsShown(true);
      setProblem(null);
    } catch (thrown) {
      setProblem(thrown instanceof FormProblem ? thrown.message : messageOf(thrown));
    }
  };
  if (isShown && change !== null) {
    return (
      <Differences
        change={change}
        verb={t('Apply')}
        onBack={() => setIsShown(false)}
        onApplied={onDone}
      />
    );
  }
  return (
    <form
      ref={form}
      className="stack"
      onSubmit={submit}
      onInput={(event) => setText(valueOf(valuesOf(event.currentTarget), 'value'))}
    >
      {fields.map((field) => (
        <FieldInput key={field.name} field={field} />
      ))}
      <ConfigFields section={section} text={text} onAdd={add} />
      <Problem text={problem} />
      <footer className="modal-foot">
        <button type="submit" className="main">
          {t('Show what would differ')}
        </button>
      </footer>
    </form>
  );
}

const nameField = (value: string): Field => ({
  name: 'name',
  label: t('Name'),
  isRequired: true,
  value,
});

const valueField = (value: string): Field => ({
  name: 'value',
  label: t('As the file would say it, as JSON'),
  kind: 'code',
  isRequired: true,
  value,
  help: t(
    'A secret that reads [secret] stays as it is; a new one is written here itself, and kept sealed. Environment and files are read by the configuration file alone.',
  ),
});

function changeOf(values: Values, section: Section, setting: SettingView | null): ConfigChange {
  const value = jsonOf(valueOf(values, 'value'));
  if (setting === null) return { section, name: valueOf(values, 'name').trim(), value };
  const { name, version } = setting;
  return { section, name, value, ...(version !== null && { version }) };
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Its message would quote the text, which may hold a secret.
    throw new FormProblem(t('This is not JSON.'));
  }
  if (!isRecord(value)) throw new FormProblem(t('Write a JSON object.'));
  return value;
}
