import fc from 'fast-check';

const SURROGATES = { first: 0xd800, many: 0x800 };
const LAST = 0x10ffff;

/** Texts of any code points. The unit `binary` of fast-check draws the same, but first makes a map of all million of them: some seconds. */
export function anyText(maxLength: number): fc.Arbitrary<string> {
  const point = fc.nat({ max: LAST - SURROGATES.many });
  return fc
    .array(point, { maxLength })
    .map((points) => String.fromCodePoint(...points.map((at) => (at < SURROGATES.first ? at : at + SURROGATES.many))));
}
