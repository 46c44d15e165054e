import { type Route, route } from '../../http/route.ts';
import { PathId } from '../../schemas.ts';
import { deleteFile } from './delete.ts';
import { downloadFile, getFile, listRoomFiles } from './read.ts';
import { Bytes, DownloadQuery, File, FileList, ListQuery, UploadForm, UploadQuery } from './schema.ts';
import { uploadFile } from './upload.ts';

const tag = 'files';
const ofFile = PathId('file_id');

export const fileRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/files/upload',
    scope: 'files:write',
    limit: 'upload',
    action: 'file.upload_own',
    tag,
    summary: 'Upload a file',
    query: UploadQuery,
    form: UploadForm,
    answers: { 201: File },
    refusals: ['PERMISSION_DENIED', 'USER_BLOCKED', 'ROOM_NOT_FOUND', 'CONVERSATION_NOT_FOUND'],
    handler: (ctx, { query, form }) => uploadFile(ctx, query, form),
  }),
  route({
    method: 'GET',
    path: '/api/v1/files/{file_id}',
    scope: 'files:read',
    limit: 'default',
    action: 'file.read',
    tag,
    summary: 'Get what is known of a file',
    params: ofFile,
    answers: { 200: File },
    refusals: ['PERMISSION_DENIED', 'FILE_NOT_FOUND'],
    etag: true,
    handler: (ctx, { params }) => getFile(ctx, params.file_id),
  }),
  route({
    method: 'GET',
    path: '/api/v1/files/{file_id}/download',
    scope: 'files:read',
    limit: 'default',
    action: 'file.read',
    tag,
    summary: 'Download a file',
    params: ofFile,
    query: DownloadQuery,
    answers: { 200: Bytes },
    refusals: ['PERMISSION_DENIED', 'FILE_NOT_FOUND'],
    bytes: true,
    handler: (ctx, { params, query }) => downloadFile(ctx, params.file_id, query.disposition === 'attachment'),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/files/{file_id}',
    scope: 'files:write',
    limit: 'change',
    action: 'file.delete',
    tag,
    summary: 'Delete a file',
    params: ofFile,
    answers: { 204: null, 200: File },
    refusals: ['PERMISSION_DENIED', 'FILE_NOT_FOUND'],
    handler: (ctx, { params }) => deleteFile(ctx, params.file_id),
  }),
  route({
    method: 'GET',
    path: '/api/v1/rooms/{room_id}/files',
    scope: 'files:read',
    limit: 'default',
    action: 'file.read',
    tag,
    summary: 'List the files of a room',
    params: PathId('room_id'),
    query: ListQuery,
    answers: { 200: FileList },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND'],
    etag: true,
    handler: (ctx, { params, query }) => listRoomFiles(ctx, params.room_id, query),
  }),
];
