import { createRequire } from 'node:module';
import type { FuncKeywordDefinition, ValidateFunction } from 'ajv';
import type { Ajv2020, Options } from 'ajv/dist/2020.js';
import type { DataValidateFunction } from 'ajv/dist/types/index.js';
import type { TSchema } from 'typebox';
import type { Config } from '../config.ts';
import type { FieldFault } from '../errors.ts';
import type { Rule } from '../schemas.ts';
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
};

export function createChecks(config: Config): CheckOf {
  const compile = createCompiler({ ...options, keywords: ['example', ruleKeyword(config)] });

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
function createCompiler(options: Options): (schema: TSchema, allErrors: boolean) => ValidateFunction {
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

/** `rule` of a schema: judged with the rest, so that all that is wrong is said at once. */
function ruleKeyword(config: Config): FuncKeywordDefinition {
  return {
    keyword: 'rule',
    errors: true,
    compile: (rule: Rule<unknown>, { type }) => {
      const validate: DataValidateFunction = (value) => {
        const kind = Array.isArray(value) ? 'array' : typeof value;
        // Of other kinds `type` says enough.
        const found = kind === (type === 'integer' ? 'number' : type) ? rule(value, config) : undefined;
        if (found === undefined) return true;
        validate.errors = [{ keyword: 'rule', params: typeof found === 'string' ? { reason: found } : found }];
        return false;
      };
      return validate;
    },
  };
}
