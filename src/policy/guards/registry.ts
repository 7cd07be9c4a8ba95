/** Every guard there is. The configuration's schema and the reference pages are derived from this. */
import { externalGuard } from './external/external.ts';
import { harmGuard } from './harm/harm.ts';
import { linksGuard } from './links.ts';
import { onnxGuard } from './onnx/onnx.ts';
import { piiGuard } from './pii/pii.ts';
import { promptInjectionGuard } from './prompt-injection/prompt-injection.ts';
import { promptLeakGuard } from './prompt-leak/prompt-leak.ts';
import { secretsGuard } from './secrets.ts';
import { taintGuard } from './tools/taint.ts';
import { toolArgumentsGuard } from './tools/tool-arguments.ts';
import { toolCallsGuard } from './tools/tool-calls.ts';
import { toolPinsGuard } from './tools/tool-pins.ts';
import { topicsGuard } from './topics.ts';

export const guardTypes = [
  promptInjectionGuard,
  secretsGuard,
  piiGuard,
  harmGuard,
  topicsGuard,
  promptLeakGuard,
  linksGuard,
  taintGuard,
  toolArgumentsGuard,
  toolPinsGuard,
  toolCallsGuard,
  externalGuard,
  onnxGuard,
] as const;
