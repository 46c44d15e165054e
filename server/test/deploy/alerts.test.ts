import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { metricCatalogue } from '../../src/metrics/catalogue.ts';
import { linkFaults } from '../docs/links.ts';
import { parseDocument, root } from '../docs/markdown.ts';
import { programs } from '../programs.ts';
import { alertSamples, quietSamples } from './alert_samples.ts';

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const file = join(root, 'deploy/alerts.yaml');
const alerts: Alert[] = parse(readFileSync(file, 'utf8')).groups.flatMap(({ rules }: { rules: Alert[] }) => rules);

/** Names and labels that an expression asks for and no server has. */
function unknownIn(expr: string): string[] {
  const known = new Map(Object.entries(metricCatalogue).flatMap(([name, metric]) => namesOf(name, metric)));
  const named = [...expr.matchAll(/\b((?:veza|process)_\w+|up)\b(?:\{([^}]*)\})?/g)];
  return named.flatMap(([, name = '', selectors = '']) => {
    const labels = name === 'up' ? ['job'] : known.get(name);
    if (!labels) return [name];
    const asked = [...selectors.matchAll(/(\w+)(?:=|!)/g)].map(([, label]) => label as string);
    return asked.filter((label) => !['job', ...labels].includes(label)).map((label) => `${name}{${label}}`);
  });
}

function namesOf(name: string, { type, labels }: { type: string; labels: object }): [string, string[]][] {
  const names = Object.keys(labels);
  if (type !== 'histogram') return [[name, names]];
  return ['bucket', 'sum', 'count'].map((suffix) => [
    `${name}_${suffix}`,
    suffix === 'bucket' ? [...names, 'le'] : names,
  ]);
}

describe('deploy/alerts.yaml', () => {
  test('asks for metrics and labels that there are', () => {
    assert.deepEqual(
      alerts.flatMap(({ expr }) => unknownIn(expr)),
      [],
    );
    assert.deepEqual(
      unknownIn('rate(veza_gone[5m]) > up{job="veza"} + veza_http_requests_total{kind="x"} - veza_event_delay_seconds'),
      ['veza_gone', 'veza_http_requests_total{kind}', 'veza_event_delay_seconds'],
    );
  });

  test('says of each alert what it is, what to do, and where that is written', () => {
    for (const { alert, annotations } of alerts) {
      assert.deepEqual(Object.keys(annotations), ['summary', 'action', 'documentation'], alert);
      assert.deepEqual(linkFaults(parseDocument('alerts.md', `[${alert}](${annotations.documentation})`)), []);
    }
  });

  test('has a sample for each alert', () => {
    assert.deepEqual(
      Object.keys(alertSamples),
      alerts.map(({ alert }) => alert),
    );
  });

  const [promtool] = programs('promtool') ?? [];
  if (!promtool) return;
  test('is read by Prometheus, where each alert fires on its sample alone, and none while all is well', () => {
    const directory = mkdtempSync(join(tmpdir(), 'veza-alerts-'));
    const samples = [...Object.entries(alertSamples), ['', quietSamples] as const];
    writeFileSync(join(directory, 'samples.yaml'), stringify({ rule_files: [file], tests: samples.map(stepOf) }));
    try {
      execFileSync(promtool, ['test', 'rules', join(directory, 'samples.yaml')], { stdio: 'pipe', encoding: 'utf8' });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

function stepOf([alert, series]: readonly [string, Readonly<Record<string, string>>]) {
  const fires = alert === '' ? [] : [{ labels: `{alertname="${alert}"}`, value: 1 }];
  return {
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      { expr: 'count by (alertname) (ALERTS{alertstate="firing"})', eval_time: '60m', exp_samples: fires },
    ],
  };
}
