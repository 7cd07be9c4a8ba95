/** The formats that records can be written in. */
import type { Render } from '../sink.ts';
import { renderCef } from './cef.ts';
import { renderEcs } from './ecs.ts';
import { renderJson } from './json.ts';
import { renderLeef } from './leef.ts';
import { renderOcsf } from './ocsf.ts';

export const sinkFormats = ['json', 'cef', 'leef', 'ocsf', 'ecs'] as const;
export type SinkFormat = (typeof sinkFormats)[number];

export const renderers: Readonly<Record<SinkFormat, Render>> = {
  json: renderJson,
  cef: renderCef,
  leef: renderLeef,
  ocsf: renderOcsf,
  ecs: renderEcs,
};
