/** Errors in the shape that each vendor's SDK maps to its own classes. */
import type { JsonObject } from '#stdx/json.ts';

import type { PublicError } from './dialect.ts';

const withField = ({ message, field }: PublicError): string =>
  field === null ? message : `${message} Field: ${field}.`;

export const openaiErrorBody = (error: PublicError): JsonObject => ({
  error: {
    message: withField(error),
    type: error.openaiType,
    param: error.field,
    code: error.openaiCode,
  },
});

export const anthropicErrorBody = (error: PublicError): JsonObject => ({
  type: 'error',
  error: { type: error.anthropicType, message: withField(error) },
  request_id: error.requestId,
});
