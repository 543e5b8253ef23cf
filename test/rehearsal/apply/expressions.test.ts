import { describe, expect, it } from "vitest";
import { resolve, type Value } from "../../../rehearsal/apply/_evaluate.ts";

const KNOWN: Readonly<Record<string, Value>> = {
  "var.name": "otp",
  "aws_x.y.list": ["a", "b"],
  "aws_x.y.0.arn": 'arn:"1"',
};

function evaluate(text: string): Value {
  return resolve(text, (path) => {
    const value = KNOWN[path.join(".")];
    if (value === undefined) throw new Error(`no ${path.join(".")}`);
    return value;
  });
}

/** What stands in Terraform's JSON: a dollar sign that no template of this file takes for its own. */
const $ = "$";

describe("a text of Terraform's JSON", () => {
  it.each<[string, Value]>([
    ["plain $ and % and {", "plain $ and % and {"],
    ["", ""],
    [`a-${$}{var.name}-b`, "a-otp-b"],
    [`${$}{aws_x.y.list}`, ["a", "b"]],
    [`${$}${$}{kept}`, `${$}{kept}`],
    ["%%{kept}", "%{kept}"],
    [`${$}{aws_x.y[0].arn}`, 'arn:"1"'],
    [`${$}{ join("-", ["x", var.name, 3]) }`, "x-otp-3"],
    [`{"a":${$}{jsonencode(aws_x.y[0].arn)}}`, '{"a":"arn:\\"1\\""}'],
    [`${$}{jsonencode({"k" = [true, null, -1.5], v: var.name})}`, '{"k":[true,null,-1.5],"v":"otp"}'],
    [`${$}{jsonencode("in ${$}{var.name}, \\"so\\" \\\\ \\u0041")}`, '"in otp, \\"so\\" \\\\ A"'],
    [`${$}{replace("a/b/c", "/^.*[/]/", "")}`, "c"],
    [`${$}{replace("a.b", ".", "-")}`, "a-b"],
    [`${$}{element(split("/", "a/b"), 1)}`, "b"],
    // A list begins again where it is at its end.
    [`${$}{element(split(":", "a"), 6)}`, "a"],
    [`${$}{basename("arn:x:y/a/b")}`, "b"],
    [`${$}{basename("b")}`, "b"],
    [`${$}{max(3, 7)}`, 7],
  ])("%s", (text, value) => {
    expect(evaluate(text)).toEqual(value);
  });

  it.each([
    [`${$}{1 + 2}`, "an operator"],
    [`${$}{var.a ? 1 : 2}`, "an operator"],
    [`${$}{upper("a")}`, "the function upper is not known here, only basename, element"],
    [`${$}{constructor("a")}`, "the function constructor is not known here"],
    [`${$}{var.name`, 'no "}"'],
    [`${$}{"a`, 'no """'],
    ["%{ if true }a%{ endif }", "a directive"],
    [`${$}{[var.name}`, 'no "]"'],
    [`a-${$}{aws_x.y.list}`, "where a text is needed"],
    [`${$}{join("", "a")}`, "where a list is needed"],
  ])("is refused where it is not understood: %s", (text, message) => {
    expect(() => evaluate(text)).toThrow(message);
  });
});
