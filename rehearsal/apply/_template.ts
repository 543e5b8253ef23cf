import { ExpressionReader } from "./_expression-reader.ts";

/** A Terraform expression: what CDKTF writes between `${` and `}`. */
export type Expression =
  | { readonly kind: "literal"; readonly value: string | number | boolean | null }
  | { readonly kind: "template"; readonly parts: readonly Expression[] }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "object"; readonly fields: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] }
  /** `aws_iam_role.x.arn`, by its steps. */
  | { readonly kind: "path"; readonly steps: readonly (string | number)[] };

/**
 * Reads a text of Terraform's JSON, each of which is a template. A text that is one reference and nothing else keeps its
 * type: it may be a list.
 * https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping
 *
 * @throws Error that says what is not understood, and where
 */
export function parseTemplate(text: string): Expression {
  const parts = new ExpressionReader(text).readTemplate();
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  return parts.length === 0 ? { kind: "literal", value: "" } : { kind: "template", parts };
}

/** Lists the paths that an expression reads: what it depends on. */
export function pathsIn(expression: Expression): (readonly (string | number)[])[] {
  switch (expression.kind) {
    case "literal":
      return [];
    case "template":
      return expression.parts.flatMap(pathsIn);
    case "list":
      return expression.items.flatMap(pathsIn);
    case "object":
      return expression.fields.flatMap(([name, value]) => [...pathsIn(name), ...pathsIn(value)]);
    case "call":
      return expression.args.flatMap(pathsIn);
    case "path":
      return [expression.steps];
  }
}
