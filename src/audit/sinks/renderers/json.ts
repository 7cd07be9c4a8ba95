/** The record itself as JSON, with its own hash. Fields: docs/reference/audit-record.md. */
import { inertJson } from '../inert-text.ts';
import type { Render } from '../sink.ts';

export const renderJson: Render = ({ record, hash }) => inertJson({ ...record, hash });
