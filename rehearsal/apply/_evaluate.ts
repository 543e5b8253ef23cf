import { type Expression, parseTemplate } from "./_template.ts";

/** A value of Terraform, as JSON has it. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** Gives what a path stands for. @throws Error where there is nothing of that name */
export type Lookup = (path: readonly (string | number)[]) => Value;

/** Terraform's functions, as many as CDKTF writes for these stacks. */
const FUNCTIONS: Readonly<Record<string, (...args: Value[]) => Value>> = {
  basename: (path) => textOf(path).split("/").at(-1) ?? "",
  element: (list, index) => itemsOf(list)[Number(index) % itemsOf(list).length] ?? null,
  join: (separator, list) => itemsOf(list).map(textOf).join(textOf(separator)),
  jsonencode: (value) => JSON.stringify(value),
  max: (...numbers) => Math.max(...numbers.map(Number)),
  replace: (text, part, by) => replace(textOf(text), textOf(part), textOf(by)),
  split: (separator, text) => textOf(text).split(textOf(separator)),
  tolist: (list) => itemsOf(list),
};

/** Replaces the references in arguments, however deep they are, by what they stand for. */
export function resolve(argument: Value, lookup: Lookup): Value {
  if (typeof argument === "string") return evaluate(parseTemplate(argument), lookup);
  if (typeof argument !== "object" || argument === null) return argument;
  if (Array.isArray(argument)) return argument.map((item: Value) => resolve(item, lookup));
  return Object.fromEntries(Object.entries(argument).map(([name, value]) => [name, resolve(value, lookup)]));
}

/** Lists all texts in arguments, however deep they are. */
export function textsIn(argument: Value): string[] {
  if (typeof argument === "string") return [argument];
  return typeof argument === "object" && argument !== null ? Object.values(argument).flatMap(textsIn) : [];
}

function evaluate(expression: Expression, lookup: Lookup): Value {
  const value = (one: Expression) => evaluate(one, lookup);
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "template":
      return expression.parts.map((part) => textOf(value(part))).join("");
    case "list":
      return expression.items.map(value);
    case "object":
      return Object.fromEntries(expression.fields.map(([name, one]) => [textOf(value(name)), value(one)]));
    case "call":
      return call(expression.name, expression.args.map(value));
    case "path":
      return lookup(expression.steps);
  }
}

function call(name: string, args: readonly Value[]): Value {
  const run = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (run !== undefined) return run(...args);
  const known = Object.keys(FUNCTIONS).join(", ");
  throw new Error(
    `the function ${name} is not known here, only ${known}. Add it to rehearsal/apply/_evaluate.ts`,
  );
}

/** Between slashes, what is replaced is a regular expression. https://developer.hashicorp.com/terraform/language/functions/replace */
function replace(text: string, part: string, by: string): string {
  const pattern = /^\/(.*)\/$/s.exec(part)?.[1];
  return pattern === undefined ? text.replaceAll(part, by) : text.replace(new RegExp(pattern, "g"), by);
}

function itemsOf(value: Value | undefined): readonly Value[] {
  if (Array.isArray(value)) return value;
  throw new Error(`there is ${JSON.stringify(value)} where a list is needed`);
}

function textOf(value: Value | undefined): string {
  if (typeof value === "object" || value === undefined) {
    throw new Error(`there is ${JSON.stringify(value)} where a text is needed`);
  }
  return String(value);
}
