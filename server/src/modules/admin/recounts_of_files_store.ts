import type { Recount } from '../../db/recount.ts';

const blobs: Recount = {
  of: 'blob',
  names: ['refs'],
  from: `select b.id, b.refs, coalesce(f.uses, 0) + coalesce(t.uses, 0) as counted_refs from blobs as b
    left join (select blob_id, count(*) as uses from files group by blob_id) as f on f.blob_id = b.id
    left join (select image_id, count(*) as uses from thumbnails where image_id is not null group by image_id) as t on t.image_id = b.id`,
};

/** A file has the size of its bytes, and hangs on a message only in the message's own place. */
const files: Recount = {
  of: 'file',
  names: ['size', 'container_id'],
  from: `select f.id, f.size, f.container_id, b.size as counted_size,
      case when m.id is null then f.container_id else m.container_id end as counted_container_id
    from files as f left join blobs as b on b.id = f.blob_id left join messages as m on m.id = f.message_id`,
};

const usage: Recount = {
  of: 'storage_usage',
  names: ['files', 'bytes'],
  from: `select k.user_id as id, coalesce(u.files, 0) as files, coalesce(u.bytes, 0) as bytes,
      coalesce(f.files, 0) as counted_files, coalesce(f.bytes, 0) as counted_bytes
    from (select user_id from storage_usage union select uploader_id from files) as k
    left join storage_usage as u on u.user_id = k.user_id
    left join (select uploader_id, count(*) as files, cast(sum(size) as bigint) as bytes from files group by uploader_id) as f
      on f.uploader_id = k.user_id`,
};

const places: Recount = {
  of: 'container',
  names: ['file_count'],
  from: `select c.id, c.file_count, coalesce(f.files, 0) as counted_file_count from containers as c
    left join (select container_id, count(*) as files from files where container_id is not null group by container_id) as f
      on f.container_id = c.id`,
};

const messages: Recount = {
  of: 'message',
  names: ['attachment_count'],
  from: `select m.id, m.attachment_count, coalesce(f.files, 0) as counted_attachment_count from messages as m
    inner join containers as c on c.id = m.container_id and c.visibility <> 'deleted'
    left join (select message_id, count(*) as files from files where message_id is not null group by message_id) as f
      on f.message_id = m.id`,
};

export const fileRecounts: readonly Recount[] = [blobs, files, usage, places, messages];
