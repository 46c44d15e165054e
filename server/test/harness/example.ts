import assert from 'node:assert/strict';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/;
const UUID = /^(msg-|conv-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Fails unless an answer has at least the fields of a printed example, each of the same type: a time where a time is printed, a uuid of the
 * same kind, `null` or anything where `null` is printed, something in a list where entries are printed. Each entry is held against the
 * example's first one. `without` names a field that is left out on purpose.
 */
export function assertLikeExample(answer: unknown, example: unknown, without?: string): void {
  assert.deepEqual(exampleFaults(answer, example, '', without), []);
}

export function exampleFaults(answer: unknown, example: unknown, at: string, without?: string): string[] {
  if (without !== undefined && at.endsWith(without)) return answer === undefined ? [] : [`${at} is there`];
  if (example === null) return answer === undefined ? [`${at} is missing`] : [];
  if (Array.isArray(example)) {
    if (!Array.isArray(answer)) return [`${at} is no list`];
    if (example.length === 0) return [];
    if (answer.length === 0) return [`${at} is empty`];
    return answer.flatMap((entry, i) => exampleFaults(entry, example[0], `${at}[${i}]`, without));
  }
  if (typeof example === 'object') {
    if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return [`${at} is no object`];
    const fields = answer as Record<string, unknown>;
    return Object.entries(example).flatMap(([key, value]) =>
      exampleFaults(fields[key], value, `${at}.${key}`, without),
    );
  }
  if (typeof answer !== typeof example) return [`${at} is ${JSON.stringify(answer)}, not a ${typeof example}`];
  return typeof example === 'string' ? formFaults(answer as string, example, at) : [];
}

function formFaults(answer: string, example: string, at: string): string[] {
  if (TIME.test(example) && !TIME.test(answer)) return [`${at} is ${answer}, not a time`];
  const [uuid, printed] = [UUID.exec(answer), UUID.exec(example)];
  return printed && uuid?.[1] !== printed[1] ? [`${at} is ${answer}, not like ${example}`] : [];
}
