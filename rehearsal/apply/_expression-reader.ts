import type { Expression } from "./_template.ts";

const WORD = /[A-Za-z_][A-Za-z0-9_-]*/y;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const KEYWORDS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

/** Reads Terraform's expression language, as much of it as CDKTF writes: no operators, no conditions, no loops. */
export class ExpressionReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads literal texts and `${…}` up to the end, or, within quotes, up to the closing one. */
  readTemplate(isQuoted = false): Expression[] {
    const parts: Expression[] = [];
    let literal = "";
    const flush = () => {
      if (literal !== "") parts.push({ kind: "literal", value: literal });
      literal = "";
    };
    while (this.#at < this.#text.length) {
      if (isQuoted && this.#peek('"')) break;
      if (this.#take("$${")) literal += "${";
      else if (this.#take("%%{")) literal += "%{";
      else if (this.#peek("%{")) throw this.#strange("a directive");
      else if (this.#take("${")) {
        flush();
        parts.push(this.#readExpression());
        this.#expect("}");
      } else if (isQuoted && this.#take("\\")) literal += this.#readEscape();
      else literal += this.#text[this.#at++];
    }
    flush();
    return parts;
  }

  #readExpression(): Expression {
    this.#skipSpace();
    if (this.#take('"')) return this.#readQuoted();
    if (this.#take("[")) return { kind: "list", items: this.#readItems("]", () => this.#readExpression()) };
    if (this.#take("{")) return { kind: "object", fields: this.#readItems("}", () => this.#readField()) };
    const number = this.#match(NUMBER);
    if (number !== undefined) return this.#readOperator({ kind: "literal", value: Number(number) });
    const word = this.#match(WORD);
    if (word === undefined) throw this.#strange("something else than a value");
    if (Object.hasOwn(KEYWORDS, word)) return { kind: "literal", value: KEYWORDS[word] ?? null };
    if (this.#take("(")) {
      const args = this.#readItems(")", () => this.#readExpression());
      return this.#readOperator({ kind: "call", name: word, args });
    }
    return this.#readOperator({ kind: "path", steps: this.#readSteps(word) });
  }

  #readQuoted(): Expression {
    const parts = this.readTemplate(true);
    this.#expect('"');
    return this.#readOperator({ kind: "template", parts });
  }

  #readSteps(first: string): (string | number)[] {
    const steps: (string | number)[] = [first];
    for (;;) {
      if (this.#take(".")) steps.push(this.#match(WORD) ?? this.#index());
      else if (this.#take("[")) {
        steps.push(this.#take('"') ? this.#plainText() : this.#index());
        this.#expect("]");
      } else return steps;
    }
  }

  #plainText(): string {
    const parts = this.readTemplate(true);
    this.#expect('"');
    const [only] = parts;
    if (parts.length === 1 && only?.kind === "literal") return String(only.value);
    throw this.#strange("an index that is no plain text");
  }

  #index(): number {
    const number = this.#match(NUMBER);
    if (number === undefined) throw this.#strange("an index that is neither a number nor a text");
    return Number(number);
  }

  #readField(): readonly [Expression, Expression] {
    this.#skipSpace();
    const bare = this.#match(WORD);
    const name = bare === undefined ? this.#readExpression() : { kind: "literal" as const, value: bare };
    this.#skipSpace();
    if (!this.#take("=") && !this.#take(":")) throw this.#strange("a field without a value");
    return [name, this.#readExpression()];
  }

  #readItems<T>(close: string, read: () => T): T[] {
    const items: T[] = [];
    this.#skipSpace();
    while (!this.#take(close)) {
      items.push(read());
      this.#skipSpace();
      if (this.#take(",")) this.#skipSpace();
      else if (!this.#peek(close)) throw this.#strange(`no "${close}"`);
    }
    return items;
  }

  /** What follows a value is the end of its surroundings, or an operator, of which none is known here. */
  #readOperator(value: Expression): Expression {
    this.#skipSpace();
    if (this.#at >= this.#text.length || /[\])},:="]/.test(this.#text[this.#at] ?? "")) return value;
    throw this.#strange("an operator");
  }

  #readEscape(): string {
    const unicode = this.#match(/u[0-9a-fA-F]{4}/y);
    if (unicode !== undefined) return String.fromCharCode(Number.parseInt(unicode.slice(1), 16));
    const character = ESCAPES[this.#text[this.#at++] ?? ""];
    if (character === undefined) throw this.#strange("an unknown escape");
    return character;
  }

  #skipSpace(): void {
    this.#match(/\s+/y);
  }

  #peek(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  #take(text: string): boolean {
    if (!this.#peek(text)) return false;
    this.#at += text.length;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #expect(text: string): void {
    this.#skipSpace();
    if (!this.#take(text)) throw this.#strange(`no "${text}"`);
  }

  #strange(what: string): Error {
    const rest = this.#text.slice(this.#at, this.#at + 40);
    return new Error(`there is ${what} at character ${this.#at}, before: ${rest || "the end"}`);
  }
}
