import ts from 'typescript';

export interface Import {
  readonly from: string;
  readonly line: number;
  /** Erased before it runs. */
  readonly isType: boolean;
}

/** A use of something that is there without an import, as it is written: `Date.now`, `new Date()`, `process`, `console`. */
export interface GlobalUse {
  readonly name: string;
  readonly line: number;
}

export interface Scan {
  readonly imports: readonly Import[];
  readonly globals: readonly GlobalUse[];
}

const PLAIN = new Set([
  'process',
  'console',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
]);
const MEMBERS = new Set(['Date.now', 'Math.random', 'crypto.pseudoRandomBytes']);

/** What a source file takes from outside itself, read by the compiler's own parser: comments and strings are no uses. */
export function scan(path: string, text: string): Scan {
  const source = ts.createSourceFile(
    path,
    text,
    ts.ScriptTarget.Latest,
    true,
    path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS,
  );
  const imports: Import[] = [];
  const globals: GlobalUse[] = [];
  const lineOf = (node: ts.Node) => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;

  const visit = (node: ts.Node): void => {
    const found = importIn(node);
    if (found !== undefined) imports.push({ ...found, line: lineOf(node) });
    const name = globalIn(node);
    if (name !== undefined) globals.push({ name, line: lineOf(node) });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { imports, globals };
}

function importIn(node: ts.Node): Omit<Import, 'line'> | undefined {
  if (ts.isImportDeclaration(node)) return named(node.moduleSpecifier, isTypeImport(node.importClause));
  if (ts.isExportDeclaration(node)) return named(node.moduleSpecifier, node.isTypeOnly);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return named(node.argument.literal, true);
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return named(node.arguments[0], false);
  return undefined;
}

function isTypeImport(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return false;
  return bindings.elements.length > 0 && bindings.elements.every(element => element.isTypeOnly);
}

function named(specifier: ts.Node | undefined, isType: boolean): Omit<Import, 'line'> | undefined {
  return specifier !== undefined && ts.isStringLiteralLike(specifier) ? { from: specifier.text, isType } : undefined;
}

function globalIn(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node) && isCalled(node.expression, 'Date') && (node.arguments ?? []).length === 0)
    return 'new Date()';
  if (ts.isCallExpression(node) && isCalled(node.expression, 'Date')) return 'Date()';
  if (ts.isPropertyAccessExpression(node)) {
    const name = `${node.expression.getText()}.${node.name.text}`.replace(/^globalThis\./, '');
    return MEMBERS.has(name) ? name : undefined;
  }
  if (ts.isIdentifier(node) && PLAIN.has(node.text) && isRead(node)) return node.text;
  return undefined;
}

function isCalled(expression: ts.Expression, name: string): boolean {
  return ts.isIdentifier(expression) && expression.text === name;
}

/** Whether an identifier is a value that is read, not the name of a member, a declaration, a key or a type. */
function isRead(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isTypeQueryNode(parent) || ts.isTypeReferenceNode(parent) || ts.isQualifiedName(parent)) return false;
  if (ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent)) return false;
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  const declares = 'name' in parent && parent.name === node;
  return !declares || ts.isShorthandPropertyAssignment(parent);
}
