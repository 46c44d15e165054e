/** Apps in a web view have schemes of their own, about which URL knows no origins: `capacitor://localhost`. */
const OF_APP = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9._-]+(:\d{1,5})?$/;

/** A web origin just as the `Origin` header has it: in lower case, without a usual port, a path or a slash at the end. */
export function isOrigin(text: string): boolean {
  if (text.includes('*')) return false; // URL takes it as a letter, browsers never send it
  if (!/^https?:/i.test(text)) return OF_APP.test(text);
  return URL.canParse(text) && new URL(text).origin === text;
}
