import { createRequire } from 'node:module';
import type { ValidateFunction } from 'ajv';
import type { Ajv2020, Options } from 'ajv/dist/2020.js';
import type { TSchema } from 'typebox';
import type { FieldFault } from '../errors.ts';
import { isDateTime } from '../timestamp.ts';
import { faultsOf } from './faults.ts';

/** Puts the schema's defaults in, then finds what is wrong with a value; undefined when nothing is. `whole` is the field named for the value itself. */
export type Check = (value: unknown, whole: string) => FieldFault[] | undefined;

/** Makes the checks of schemas, each compiled when first needed: compiling all of them would take longer than starting may. */
export type CheckOf = (schema: TSchema) => Check;

const options: Options = {
  strict: true,
  strictTypes: false,
  strictRequired: false,
  allowUnionTypes: true,
  // Our own schemas need no proof at run time, and compiling the schema of schemas takes 20 ms.
  meta: false,
  validateSchema: false,
  // What may be left out has its default in the schema, and nowhere else: whoever reads the value finds it there.
  useDefaults: true,
  formats: {
    'date-time': isDateTime,
    uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
    uri: true,
    email: true,
    date: true,
  },
  keywords: ['example'],
};

export function createChecks(): CheckOf {
  const compile = createCompiler();

  return (schema) => {
    let isValid: ValidateFunction | undefined;
    let findAll: ValidateFunction | undefined;
    return (value, whole) => {
      isValid ??= compile(schema, false);
      if (isValid(value)) return undefined;
      // Each of ten thousand entries where ten may be would be judged, only to be left out of the answer.
      if (isValid.errors?.[0]?.keyword === 'maxItems') return faultsOf(isValid.errors, whole);
      findAll ??= compile(schema, true);
      findAll(value);
      return faultsOf(findAll.errors ?? [], whole);
    };
  };
}

/** Compiles schemas into functions that stop at the first error, or find all. The library is loaded with the first. */
function createCompiler(): (schema: TSchema, allErrors: boolean) => ValidateFunction {
  const load = createRequire(import.meta.url);
  const compilers = new Map<boolean, Ajv2020>();
  return (schema, allErrors) => {
    let ajv = compilers.get(allErrors);
    if (!ajv) {
      const { Ajv2020 } = load('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js');
      ajv = new Ajv2020({ ...options, allErrors });
      compilers.set(allErrors, ajv);
    }
    return ajv.compile(schema as object);
  };
}
