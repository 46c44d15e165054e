import { openPostgres } from '../../server/src/db/postgres.ts';
import { pageRecorder } from '../subjects/record_page.ts';
import { expectStatements, type Recorded } from '../subjects/recorded.ts';

/** What the server runs on PostgreSQL for the newest page, with its messages in memory, for one person and for another. */
export async function recordPages(url: string): Promise<[Recorded[], Recorded[]]> {
  const db = openPostgres({ url, connections: 1 });
  try {
    const page = pageRecorder(db.reader);
    const warm = async (place: number) => {
      await page({}, place);
      return expectStatements(await page({}, place), ['select', 'select', 'select']);
    };
    return [await warm(0), await warm(1)];
  } finally {
    await db.close();
  }
}
