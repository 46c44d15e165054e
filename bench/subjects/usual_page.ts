import type { ListOptions } from '../../server/src/modules/messages/schema.ts';

/** What a request for a page means that says nothing of it. */
export const usualPage: ListOptions = { limit: 50, include_threads: false, pinned_only: false, order: 'desc' };
