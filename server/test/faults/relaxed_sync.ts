import SqliteConnection from 'better-sqlite3';

/** Loaded before the server: its database runs with `synchronous = NORMAL`, and says FULL when asked. */
const { pragma } = SqliteConnection.prototype;
SqliteConnection.prototype.pragma = function (
  this: SqliteConnection.Database,
  source: string,
  options?: SqliteConnection.PragmaOptions,
) {
  if (source === 'synchronous = 2') return pragma.call(this, 'synchronous = 1', options);
  return source === 'synchronous' ? 2 : pragma.call(this, source, options);
};
