import { defineCommand } from 'citty';
import { readHeads } from '../modules/audit/head_file.ts';
import { auditKeys } from '../modules/audit/keys.ts';
import { verifyAudit } from '../modules/audit/verify.ts';
import { CommandFailed, exitCodes } from './exit.ts';
import { withDatabase } from './open.ts';
import type { Terminal } from './terminal.ts';

/** Faults that are printed; of a log that was rewritten every row has one. */
const MOST_LINES = 100;

export const auditVerify = (terminal: Terminal) =>
  defineCommand({
    meta: { name: 'audit verify', description: 'Prove that nothing in the audit log was altered, put in or taken out' },
    run: () =>
      withDatabase(terminal, async (db, config) => {
        const heads = await readHeads(config.DATA_DIR);
        const { checked, erased, waiting, faults, head } = await verifyAudit(
          db.reader,
          await auditKeys(db, config),
          heads,
        );
        terminal.print(`${checked} rows are sealed${head ? `; the last is row ${head.audit_id}` : ''}.`);
        if (erased > 0) terminal.print(`${erased} rows are about people who were erased.`);
        if (waiting > 0)
          terminal.print(`${waiting}${waiting === 1_000 ? ' or more' : ''} rows wait for a server to seal them.`);
        if (heads.length === 0 && checked > 0)
          terminal.warn(
            `veza: there is no audit-head.json in ${config.DATA_DIR}: an end that was cut off would not be seen.`,
          );
        if (faults.length === 0) return terminal.print('Nothing is wrong.');
        const lines = faults
          .slice(0, MOST_LINES)
          .map(({ row, what }) => (row === undefined ? what : `row ${row} ${what}`));
        const more = faults.length > MOST_LINES ? [`… and ${faults.length - MOST_LINES} more`] : [];
        throw new CommandFailed(exitCodes.data, ...lines, ...more);
      }),
  });
