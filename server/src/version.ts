/** Of the server, as in its package.json (a law test compares them). */
export const version = '0.1.0';
