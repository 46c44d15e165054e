export type ServerRole = 'user' | 'moderator' | 'admin' | 'guest' | 'bot';

/** Whoever a request comes from. */
export interface Actor {
  /** 0 for nobody. */
  readonly userId: number;
  readonly username: string;
  readonly role: ServerRole;
  readonly sessionId: string;
}

export const nobody: Actor = { userId: 0, username: '', role: 'guest', sessionId: '' };
