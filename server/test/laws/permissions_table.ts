/**
 * Who may do what, as a table: a line for each thing that can be asked for, a cell for each kind of person. Rooms:
 *
 * AN no valid token · GU guest · NP not in the public room · NX not in the private room · BP / BX banned from the public / private
 * room · MB member · MU muted member · RM room moderator · OW owner · SP / SX server moderator, public / private room, not a member ·
 * AD admin, not a member. Of one's own message NP … BX, SP, SX and AD are authors who have left (or were banned) since.
 *
 * A 403 names what is required: the last column, unless the cell does. What a cell says after its status:
 * `m` not while muted · `r` only from a higher rank · `b` not while either side blocks · `u` no such user (or member) ·
 * `n` no such reaction, ban, mute or session · `c` wrong credentials.
 */
export const roomActors = ['AN', 'GU', 'NP', 'NX', 'BP', 'BX', 'MB', 'MU', 'RM', 'OW', 'SP', 'SX', 'AD'] as const;

const rooms = `
GET /rooms/{room_id}                        | -                      | 401 200 200 404 403 404 200 200 200 200 200 404 200 |
PUT /rooms/{room_id}                        | -                      | 401 403 403 404 403 404 403 403 403 200 200 404 200 | owner
PUT /rooms/{room_id}                        | automatic joins        | 401 403 403 404 403 404 403 403 403 403:admin 403:admin 404 200 | owner
DELETE /rooms/{room_id}                     | -                      | 401 403 403 404 403 404 403 403 403 204 403 404 204 | owner
GET /rooms/{room_id}/members                | -                      | 401 403 200 404 403 404 200 200 200 200 200 404 200 | user
POST /rooms/{room_id}/members               | self                   | 401 403 201 404 403 404 409 409 409 409 201 404 201 | user
POST /rooms/{room_id}/members               | self as moderator      | 401 403 403 404 403 404 403 403 403 409 403 404 201 | owner
POST /rooms/{room_id}/members               | other                  | 401 403 403 404 403 404 403 403 201 201 201 404 201 | moderator
POST /rooms/{room_id}/members               | other as moderator     | 401 403 403 404 403 404 403 403 403 201 403 404 201 | owner
POST /rooms/{room_id}/members               | other as owner         | 401 403 403 404 403 404 403 403 422 422 422 404 422 | moderator
PUT /rooms/{room_id}/members/{user_id}      | member to moderator    | 401 403 403 404 403 404 403 403 403 200 403 404 200 | owner
PUT /rooms/{room_id}/members/{user_id}      | moderator to member    | 401 403 403 404 403 404 403 403 403 200 403 404 200 | owner
PUT /rooms/{room_id}/members/{user_id}      | member to owner        | 401 403 403 404 403 404 403 403 403 200 403 404 200 | owner
PUT /rooms/{room_id}/members/{user_id}      | other to moderator     | 401 403 403 404 403 404 403 403 403 404u 403 404 404u | owner
PUT /rooms/{room_id}/members/{user_id}      | self to moderator      | 401 403 403 404 403 404 403 403 403 409 403 404 404u | owner
DELETE /rooms/{room_id}/members/{user_id}   | self                   | 401 403 404u 404 403 404 204 204 204 409 404u 404 404u | user
DELETE /rooms/{room_id}/members/{user_id}   | a member               | 401 403 403 404 403 404 403 403 204 204 204 404 204 | moderator
DELETE /rooms/{room_id}/members/{user_id}   | a moderator            | 401 403 403 404 403 404 403 403 403r 204 204 404 204 | moderator
DELETE /rooms/{room_id}/members/{user_id}   | the owner              | 401 403 403 404 403 404 403 403 403:owner 409 403:owner 404 409 | moderator
POST /rooms/{room_id}/join                  | -                      | 401 403 201 404 403 404 200 200 200 200 201 404 201 | user
POST /rooms/{room_id}/leave                 | -                      | 401 403 404u 404 403 404 204 204 204 409 404u 404 404u | user
POST /rooms/{room_id}/read                  | -                      | 401 403 403 404 403 404 200 200 200 200 403 404 403 | member
POST /rooms/{room_id}/typing                | -                      | 401 403 403 404 403 404 200 200 200 200 403 404 403 | member
GET /events?room_id={room_id}               | -                      | 401 200 200 404 403 404 200 200 200 200 200 404 200 |
GET /events/stream?room_id={room_id}        | -                      | 401 200 200 404 403 404 200 200 200 200 200 404 200 |
GET /rooms/{room_id}/bans                   | -                      | 401 403 403 404 403 404 403 403 200 200 200 404 200 | moderator
PUT /rooms/{room_id}/bans/{user_id}         | other                  | 401 403 403 404 403 404 403 403 200 200 200 404 200 | moderator
PUT /rooms/{room_id}/bans/{user_id}         | a member               | 401 403 403 404 403 404 403 403 200 200 200 404 200 | moderator
PUT /rooms/{room_id}/bans/{user_id}         | a moderator            | 401 403 403 404 403 404 403 403 403r 200 200 404 200 | moderator
PUT /rooms/{room_id}/bans/{user_id}         | the owner              | 401 403 403 404 403 404 403 403 403:owner 409 403:owner 404 409 | moderator
DELETE /rooms/{room_id}/bans/{user_id}      | somebody banned        | 401 403 403 404 403 404 403 403 204 204 204 404 204 | moderator
DELETE /rooms/{room_id}/bans/{user_id}      | a member               | 401 403 403 404 403 404 403 403 404n 404n 404n 404 404n | moderator
GET /rooms/{room_id}/audit                  | -                      | 401 403 403 404 403 404 403 403 200 200 200 404 200 | moderator
GET /rooms/{room_id}/stats                  | -                      | 401 403 403 404 403 404 200 200 200 200 200 404 200 | member
GET /rooms/{room_id}/mutes                  | -                      | 401 403 403 404 403 404 403 403 200 200 200 404 200 | moderator
PUT /rooms/{room_id}/mutes/{user_id}        | other                  | 401 403 403 404 403 404 403 403 404u 404u 404u 404 404u | moderator
PUT /rooms/{room_id}/mutes/{user_id}        | a member               | 401 403 403 404 403 404 403 403 200 200 200 404 200 | moderator
PUT /rooms/{room_id}/mutes/{user_id}        | a moderator            | 401 403 403 404 403 404 403 403 403r 200 200 404 200 | moderator
PUT /rooms/{room_id}/mutes/{user_id}        | the owner              | 401 403 403 404 403 404 403 403 403:owner 409 403:owner 404 409 | moderator
DELETE /rooms/{room_id}/mutes/{user_id}     | a muted member         | 401 403 403 404 403 404 403 403 204 204 204 404 204 | moderator
DELETE /rooms/{room_id}/mutes/{user_id}     | a muted moderator      | 401 403 403 404 403 404 403 403 403r 204 204 404 204 | moderator
DELETE /rooms/{room_id}/mutes/{user_id}     | a member               | 401 403 403 404 403 404 403 403 404n 404n 404n 404 404n | moderator
GET /rooms/{room_id}/messages               | -                      | 401 200 200 404 403 404 200 200 200 200 200 404 200 |
POST /rooms/{room_id}/messages              | -                      | 401 403 403 404 403 404 201 403m 201 201 403 404 403 | member
GET /messages/{message_id}                  | a member's message     | 401 200 200 404 403 404 200 200 200 200 200 404 200 |
GET /messages/{message_id}/thread           | a member's message     | 401 200 200 404 403 404 200 200 200 200 200 404 200 |
GET /messages/{message_id}/history          | a member's message     | 401 200 200 404 403 404 200 200 200 200 200 404 200 |
PUT /messages/{message_id}                  | my message             | 401 403 403 404 403 404 200 403m 200 200 200 404 200 | member
PUT /messages/{message_id}                  | a member's message     | 401 403 403 404 403 404 403 403 403 403 403 404 403 | author
DELETE /messages/{message_id}               | my message             | 401 403 204 404 403 404 204 204 204 204 204 404 204 | user
DELETE /messages/{message_id}               | a member's message     | 401 403 403 404 403 404 403 403 204 204 204 404 204 | moderator
DELETE /messages/{message_id}               | a moderator's message  | 401 403 403 404 403 404 403 403 403r 204 204 404 204 | moderator
DELETE /messages/{message_id}               | the owner's message    | 401 403 403 404 403 404 403 403 403r 204 204 404 204 | moderator
GET /messages/{message_id}                  | a deleted message      | 401 404 404 404 404 404 404 404 404 404 404 404 404 |
DELETE /messages/{message_id}               | a deleted message      | 401 404 404 404 404 404 404 404 404 404 404 404 404 |
POST /messages/{message_id}/pin             | a member's message     | 401 403 403 404 403 404 403 403 200 200 200 404 200 | moderator
GET /messages/{message_id}/reactions        | a member's message     | 401 200 200 404 403 404 200 200 200 200 200 404 200 |
POST /messages/{message_id}/reactions       | a member's message     | 401 403 403 404 403 404 201 403m 201 201 403 404 403 | member
POST /messages/{message_id}/reactions       | a deleted message      | 401 404 404 404 404 404 404 404 404 404 404 404 404 |
DELETE /messages/{message_id}/reactions/{emoji} | my reaction        | 401 403 204 404 403 404 204 204 204 204 404n 404 404n | user
DELETE /messages/{message_id}/reactions/{emoji} | another's reaction | 401 403 404n 404 403 404 404n 404n 404n 404n 404n 404 404n | user
POST /webhooks                              | of a room              | 401 403 403 404 403 404 403 403 403 201 403 404 201 | owner
POST /webhooks                              | of a room, asking for accounts | 401 403 403 404 403 404 403 403 403 422 403 404 422 | owner
GET /webhooks/{webhook_id}                  | a room's webhook       | 401 404 404 404 404 404 404 404 404 200 404 404 200 |
PUT /webhooks/{webhook_id}                  | a room's webhook       | 401 404 404 404 404 404 404 404 404 200 404 404 200 |
DELETE /webhooks/{webhook_id}               | a room's webhook       | 401 404 404 404 404 404 404 404 404 204 404 404 204 |
POST /webhooks/{webhook_id}/test            | a room's webhook       | 401 404 404 404 404 404 404 404 404 200 404 404 200 |
POST /webhooks/{webhook_id}/replay          | a room's webhook       | 401 404 404 404 404 404 404 404 404 200 404 404 200 |
POST /webhooks/{webhook_id}/secret/rotate   | a room's webhook       | 401 404 404 404 404 404 404 404 404 200 404 404 200 |
POST /webhooks/{webhook_id}/secret/promote  | a room's webhook       | 401 404 404 404 404 404 404 404 404 200 404 404 200 |
GET /webhooks/{webhook_id}/deliveries       | a room's webhook       | 401 404 404 404 404 404 404 404 404 200 404 404 200 |
POST /webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver | a room's webhook | 401 404 404 404 404 404 404 404 404 200 404 404 200 |
POST /files/upload                          | into the room          | 401 403 403 404 403 404 201 403m 201 201 403 404 403 | member
POST /files/upload?room_id={room_id}        | into the room, by its query | 401 403 403 404 403 404 201 403m 201 201 403 404 403 | member
GET /files/{file_id}                        | a member's file        | 401 200 200 404 403 404 200 200 200 200 200 404 200 |
GET /files/{file_id}/download               | a member's file        | 401 200 200 404 403 404 200 200 200 200 200 404 200 |
GET /files/{file_id}/thumbnail              | a member's file        | 401 200 200 404 403 404 200 200 200 200 200 404 200 |
POST /files/{file_id}/link                  | a member's file        | 401 200 200 404 403 404 200 200 200 200 200 404 200 |
DELETE /files/{file_id}                     | my file                | 401 403 204 404 403 404 204 204 204 204 204 404 204 | user
DELETE /files/{file_id}                     | a member's file        | 401 403 403 404 403 404 403 403 204 204 204 404 204 | moderator
DELETE /files/{file_id}                     | a moderator's file     | 401 403 403 404 403 404 403 403 403r 204 204 404 204 | moderator
DELETE /files/{file_id}                     | the owner's file       | 401 403 403 404 403 404 403 403 403r 204 204 404 204 | moderator
GET /files/{file_id}                        | a deleted file         | 401 404 404 404 404 404 404 404 404 404 404 404 404 |
DELETE /files/{file_id}                     | a deleted file         | 401 404 404 404 404 404 404 404 404 404 404 404 404 |
GET /rooms/{room_id}/files                  | -                      | 401 200 200 404 403 404 200 200 200 200 200 404 200 |
`;

/** US user · SM server moderator · SU suspended. */
export const accountActors = ['AN', 'GU', 'US', 'SM', 'AD', 'SU'] as const;

const accounts = `
POST /auth/login                            | the right password     | 401c 200 200 200 200 401c |
POST /auth/refresh                          | an unspent token       | 401 200 200 200 200 401 |
POST /auth/logout                           | -                      | 401 204 204 204 204 401 |
GET /auth/sessions                          | -                      | 401 200 200 200 200 401 |
DELETE /auth/sessions/{session_id}          | my session             | 401 204 204 204 204 401 |
DELETE /auth/sessions/{session_id}          | another's session      | 401 404n 404n 404n 404n 401 |
PUT /auth/password                          | a wrong password       | 401 403 403 403 403 401 | current_password
PUT /auth/password                          | the right password     | 401 200 200 200 200 401 |
GET /rooms                                  | -                      | 401 200 200 200 200 401 |
GET /rooms?filter=all                       | -                      | 401 403 403 403 200 401 | admin
POST /rooms                                 | -                      | 401 403 201 201 201 401 | user
POST /rooms                                 | automatic joins        | 401 403:user 403 403 201 401 | admin
GET /conversations                          | -                      | 401 403 200 200 200 401 | user
POST /conversations                         | somebody new           | 401 403 201 201 201 401 | user
POST /conversations                         | somebody known         | 401 403 200 200 200 401 | user
POST /conversations                         | self                   | 401 403 422 422 422 401 | user
POST /conversations                         | nobody                 | 401 403 404u 404u 404u 401 | user
POST /files/upload                          | -                      | 401 403 201 201 201 401 | user
GET /files/{file_id}                        | my own file            | 401 200 200 200 200 401 |
GET /files/{file_id}/download               | my own file            | 401 200 200 200 200 401 |
GET /files/{file_id}/thumbnail              | my own file            | 401 200 200 200 200 401 |
POST /files/{file_id}/link                  | my own file            | 401 200 200 200 200 401 |
DELETE /files/{file_id}                     | my own file            | 401 204 204 204 204 401 |
GET /files/{file_id}                        | another's own file     | 401 404 404 404 404 401 |
GET /files/{file_id}/download               | another's own file     | 401 404 404 404 404 401 |
GET /files/{file_id}/thumbnail              | another's own file     | 401 404 404 404 404 401 |
POST /files/{file_id}/link                  | another's own file     | 401 404 404 404 404 401 |
DELETE /files/{file_id}                     | another's own file     | 401 404 404 404 404 401 |
GET /users/me                               | -                      | 401 200 200 200 200 401 |
PUT /users/me                               | -                      | 401 200 200 200 200 401 |
PUT /users/me                               | a role                 | 401 400 400 400 400 401 |
GET /users/me/unread                        | -                      | 401 200 200 200 200 401 |
GET /users/me/mentions                      | -                      | 401 200 200 200 200 401 |
GET /events                                 | -                      | 401 200 200 200 200 401 |
GET /events/stream                          | -                      | 401 200 200 200 200 401 |
GET /users/search?q=a                       | -                      | 401 403 200 200 200 401 | user
GET /users/{user_id}                        | other                  | 401 200 200 200 200 401 |
GET /users/{user_id}                        | nobody                 | 401 404u 404u 404u 404u 401 |
GET /admin/users                            | -                      | 401 403 403 403 200 401 | admin
PUT /admin/users/{user_id}                  | other                  | 401 403 403 403 200 401 | admin
PUT /admin/users/{user_id}                  | nobody                 | 401 403 403 403 404u 401 | admin
GET /admin/consistency                      | -                      | 401 403 403 403 200 401 | admin
GET /admin/audit                            | -                      | 401 403 403 403 200 401 | admin
GET /admin/stats                            | -                      | 401 403 403 403 200 401 | admin
GET /webhooks                               | -                      | 401 403 200 200 200 401 | user
POST /webhooks                              | of the server          | 401 403 403 403 201 401 | admin
GET /webhooks/{webhook_id}                  | the server's webhook   | 401 404 404 404 200 401 |
PUT /webhooks/{webhook_id}                  | the server's webhook   | 401 404 404 404 200 401 |
DELETE /webhooks/{webhook_id}               | the server's webhook   | 401 404 404 404 204 401 |
POST /webhooks/{webhook_id}/test            | the server's webhook   | 401 404 404 404 200 401 |
POST /webhooks/{webhook_id}/replay          | the server's webhook   | 401 404 404 404 200 401 |
POST /webhooks/{webhook_id}/secret/rotate   | the server's webhook   | 401 404 404 404 200 401 |
POST /webhooks/{webhook_id}/secret/promote  | the server's webhook   | 401 404 404 404 200 401 |
GET /webhooks/{webhook_id}/deliveries       | the server's webhook   | 401 404 404 404 200 401 |
POST /webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver | the server's webhook | 401 404 404 404 200 401 |
GET /webhooks/{webhook_id}                  | no webhook             | 401 404 404 404 404 401 |
`;

/** TH third party · TM server moderator, third party · P1 participant · PB participant blocked by the other · PK who blocked. */
export const conversationActors = ['AN', 'GU', 'TH', 'TM', 'AD', 'P1', 'PB', 'PK'] as const;

const conversations = `
GET /conversations/{conversation_id}          | -                     | 401 404 404 404 404 200 200 200 |
GET /conversations/{conversation_id}/messages | -                     | 401 404 404 404 404 200 200 200 |
POST /conversations/{conversation_id}/messages | -                    | 401 404 404 404 404 201 403b 403b |
POST /conversations/{conversation_id}/read    | -                     | 401 404 404 404 404 200 200 200 |
POST /conversations/{conversation_id}/typing  | -                     | 401 404 404 404 404 200 403b 403b |
GET /messages/{message_id}                    | the other's message   | 401 404 404 404 404 200 200 200 |
GET /messages/{message_id}/thread             | the other's message   | 401 404 404 404 404 200 200 200 |
GET /messages/{message_id}/history            | the other's message   | 401 404 404 404 404 200 200 200 |
PUT /messages/{message_id}                    | my message            | 401 404 404 404 404 200 403b 200 |
PUT /messages/{message_id}                    | the other's message   | 401 404 404 404 404 403 403 403 | author
DELETE /messages/{message_id}                 | my message            | 401 404 404 404 404 204 204 204 |
DELETE /messages/{message_id}                 | the other's message   | 401 404 404 404 404 403 403 403 | author
POST /messages/{message_id}/pin               | the other's message   | 401 404 404 404 404 200 403b 200 |
GET /messages/{message_id}/reactions          | the other's message   | 401 404 404 404 404 200 200 200 |
POST /messages/{message_id}/reactions         | the other's message   | 401 404 404 404 404 201 403b 403b |
DELETE /messages/{message_id}/reactions/{emoji} | the other's message | 401 404 404 404 404 204 204 204 |
POST /files/upload                            | into the conversation | 401 404 404 404 404 201 403b 403b |
GET /files/{file_id}                          | the other's file      | 401 404 404 404 404 200 200 200 |
GET /files/{file_id}/download                 | the other's file      | 401 404 404 404 404 200 200 200 |
GET /files/{file_id}/thumbnail                | the other's file      | 401 404 404 404 404 200 200 200 |
POST /files/{file_id}/link                    | the other's file      | 401 404 404 404 404 200 200 200 |
DELETE /files/{file_id}                       | my file               | 401 404 404 404 404 204 204 204 |
DELETE /files/{file_id}                       | the other's file      | 401 404 404 404 404 403 403 403 | author
POST /conversations/{conversation_id}/block   | -                     | 401 404 404 404 404 200 200 200 |
`;

/** Rows whose routes do not exist yet: whoever adds such a route takes it from here and writes its cells above. */
export const notThereYet = [
  'POST /messages/{message_id}/report',
  'GET /rooms/{room_id}/reports',
  'PUT /reports/{report_id}',
  'GET /messages/search',
] as const;

export interface Row<A extends string = string> {
  readonly method: string;
  /** Under `/api/v1`, as the document writes it; a query may follow. */
  readonly path: string;
  /** What it is done to, or with; `-` when there is only one way. */
  readonly what: string;
  readonly cells: readonly { readonly actor: A; readonly says: string }[];
  /** What a plain 403 names as required. */
  readonly required: string;
}

function rowsOf<A extends string>(actors: readonly A[], table: string): Row<A>[] {
  const lines = table.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [route = '', what = '', cells = '', required = ''] = line.split('|').map((part) => part.trim());
    const [method = '', path = ''] = route.split(' ');
    const says = cells.split(' ');
    if (says.length !== actors.length) throw new Error(`${line}: ${says.length} cells for ${actors.length} actors`);
    return {
      method,
      path,
      what,
      required,
      cells: actors.map((actor, index) => ({ actor, says: says[index] as string })),
    };
  });
}

export const roomRows = rowsOf(roomActors, rooms);
export const accountRows = rowsOf(accountActors, accounts);
export const conversationRows = rowsOf(conversationActors, conversations);
