import { Ajv, type ValidateFunction } from 'ajv';
import { asyncapiOf } from '../../src/realtime/asyncapi/document.ts';
import { frameName } from '../../src/realtime/asyncapi/messages.ts';
import { version } from '../../src/version.ts';

export interface Message {
  readonly name: string;
  readonly payload: object;
  readonly examples?: readonly { readonly payload: unknown }[];
}

export interface Published {
  readonly channels: Readonly<Record<string, { readonly messages: Readonly<Record<string, unknown>> }>>;
  readonly operations: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: {
    readonly messages: Readonly<Record<string, Message>>;
    readonly schemas: Readonly<Record<string, object>>;
  };
}

/** The document as it is served. */
export const published: Published = JSON.parse(JSON.stringify(asyncapiOf(version)));

const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ajv = new Ajv({ strict: false, allErrors: true, formats: { 'date-time': isTime } });
ajv.addSchema(published, 'document', false, false);

/** What of something sent is not as the document says of that message. */
export function messageFaults(name: string, sent: unknown): string[] {
  if (!Object.hasOwn(published.components.messages, name)) return [`${name} is not in the document`];
  const isFitting = ajv.getSchema(`document#/components/messages/${name}/payload`) as ValidateFunction;
  if (isFitting(sent)) return [];
  return (isFitting.errors ?? []).map(
    ({ instancePath, message }) => `${name} ${instancePath} ${message}: ${JSON.stringify(sent)}`,
  );
}

/** What of a frame of the server is not as the document says. */
export const frameFaults = (frame: { readonly type: string }): string[] => messageFaults(frameName(frame.type), frame);
