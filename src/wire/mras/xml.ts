import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** An element: its name without prefix, its attributes, and its elements or text. */
export interface XmlElement {
  readonly name: string;
  /** Of the prefix it was written with; '' when there is none. */
  readonly namespace: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly elements: readonly XmlElement[];
  readonly text: string;
}

/** Bytes, elements inside each other, and elements in all: what a stranger's document may have. */
export const XML_LIMITS = { bytes: 65_536, depth: 8, elements: 1000 } as const;

/** A declaration at the very beginning is the only markup with a question or exclamation mark that there may be. */
const DECLARATION = /^\uFEFF?\s*(?:<\?xml\s[^<>?]*\?>)?/;
/** DOCTYPE, CDATA, comments and instructions: nothing we are sent needs them, and entities begin there. */
const FORBIDDEN = /<[!?]/;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false, // ours below know five, and no declared one
  trimValues: true,
  maxNestedTags: XML_LIMITS.depth,
});

type Node = Readonly<Record<string, unknown>>;

/** Reads a document of one element. Undefined: it is none, or has what no honest one has. Nothing is thrown. */
export function readXml(bytes: Uint8Array): XmlElement | undefined {
  if (bytes.length > XML_LIMITS.bytes) return undefined;
  const text = Buffer.from(bytes).toString('utf8').replace(DECLARATION, '');
  if (FORBIDDEN.test(text) || elementsIn(text) > XML_LIMITS.elements) return undefined;
  try {
    if (XMLValidator.validate(text) !== true) return undefined;
    const roots = (PARSER.parse(text) as Node[]).map(node => elementOf(node, new Map(), 1));
    return roots.length === 1 ? roots[0] : undefined;
  } catch {
    return undefined; // the library throws for what it finds too deep or too odd
  }
}

/** Text as it may stand in an element or attribute. Characters XML cannot say are left out. */
export function xmlText(text: string): string {
  const said = text.replace(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, '');
  return said.replace(/[<>&"']/g, character => `&#${character.charCodeAt(0)};`);
}

function elementsIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) count++;
  return count / 2;
}

function elementOf(node: Node, outer: ReadonlyMap<string, string>, depth: number): XmlElement | undefined {
  const written = Object.keys(node).find(key => key !== ':@');
  if (written === undefined || written === '#text' || depth > XML_LIMITS.depth) return undefined;
  const attributes = attributesOf(node[':@'] as Node | undefined);
  if (attributes === undefined) return undefined;
  const namespaces = namespacesIn(attributes, outer);
  const [name = '', prefix = ''] = written.split(':').toReversed();
  const children = node[written] as Node[];
  const text = unescaped(children.map(child => ('#text' in child ? String(child['#text']) : '')).join(''));
  const elements = children.filter(child => !('#text' in child)).map(child => elementOf(child, namespaces, depth + 1));
  if (text === undefined || elements.some(element => element === undefined)) return undefined;
  const namespace = namespaces.get(prefix) ?? '';
  return { name, namespace, attributes, elements: elements.filter(element => element !== undefined), text };
}

function attributesOf(node: Node = {}): Map<string, string> | undefined {
  const attributes = new Map<string, string>();
  for (const [name, value] of Object.entries(node)) {
    const text = unescaped(String(value));
    if (text === undefined) return undefined;
    attributes.set(name, text);
  }
  return attributes;
}

function namespacesIn(
  attributes: ReadonlyMap<string, string>,
  outer: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const inner = new Map(outer);
  for (const [name, value] of attributes) {
    if (name === 'xmlns') inner.set('', value);
    else if (name.startsWith('xmlns:')) inner.set(name.slice(6), value);
  }
  return inner;
}

/** The five entities of XML and characters by number; any other has been declared by nobody. */
function unescaped(text: string): string | undefined {
  if (!text.includes('&')) return text;
  let isSound = true;
  const said = text.replace(/&(?:#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6})|(\w+));|&/g, (_, decimal, hex, name) => {
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    const character = name === undefined ? characterOf(code) : ENTITIES[name];
    isSound &&= character !== undefined;
    return character ?? '';
  });
  return isSound ? said : undefined;
}

function characterOf(code: number): string | undefined {
  const isCharacter =
    code <= 0x10_ffff &&
    (code >= 0x20 || code === 9 || code === 10 || code === 13) &&
    !(code >= 0xd800 && code < 0xe000);
  return isCharacter ? String.fromCodePoint(code) : undefined;
}
