import type { IncomingHttpHeaders } from 'node:http';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { openapiOf } from '../../src/http/openapi/document.ts';
import { announced } from '../../src/modules/webhooks/announced.ts';
import { routes } from '../../src/routes.ts';
import { version } from '../../src/version.ts';

interface Parameter {
  readonly name: string;
  readonly required: boolean;
  readonly schema: { readonly pattern: string };
}

export interface Announcements {
  readonly webhooks: Readonly<
    Record<string, { readonly post: { readonly parameters: readonly { readonly $ref: string }[] } }>
  >;
  readonly components: { readonly parameters: Readonly<Record<string, Parameter>> };
}

const document: Announcements = JSON.parse(JSON.stringify(openapiOf(routes, version, announced)));

const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ajv = new Ajv2020({ strict: false, allErrors: true, formats: { 'date-time': isTime } });
ajv.addSchema(document, 'document', false);

/** What differs between a request to a receiver and what the OpenAPI document says of its event. */
export function announcementFaults(headers: IncomingHttpHeaders, told: { readonly event?: string }): string[] {
  const event = told.event ?? '';
  const operation = document.webhooks[event]?.post;
  if (operation === undefined) return [`${event} is no webhook of the document`];
  const body = `document#/webhooks/${event}/post/requestBody/content/application~1json/schema`;
  const fits = ajv.validate({ $ref: body }, told);
  const inBody = fits ? [] : (ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  const known = operation.parameters.map(({ $ref }) => document.components.parameters[$ref.split('/').at(-1) ?? '']);
  return [...inBody, ...known.flatMap((parameter) => headerFaults(headers, parameter))].map(
    (fault) => `${event}: ${fault}: ${JSON.stringify(told)}`,
  );
}

function headerFaults(headers: IncomingHttpHeaders, parameter: Parameter | undefined): string[] {
  if (parameter === undefined) return ['a parameter is not described'];
  const { name, required, schema } = parameter;
  const value = headers[name.toLowerCase()];
  if (value === undefined) return required ? [`there is no header ${name}`] : [];
  return new RegExp(schema.pattern).test(String(value)) ? [] : [`the header ${name} is ${value}`];
}
