import { DEPLOYMENT_TAG } from "../contract/names.ts";
import { arnOf, type Place } from "./_place.ts";
import type { Statement } from "./_policy-document.ts";

/** Whose responder is asked. */
export interface AskedDeployment {
  readonly place: Place;
  readonly deployment: string;
  readonly responderArn: string;
}

/** Lists what it takes to ask the responder, and to see what came of it, as the GitHub Action does: nothing reads a value. */
export function buildRespondStatements({ place, deployment, responderArn }: AskedDeployment): Statement[] {
  return [
    { Sid: "AskResponder", Action: ["lambda:InvokeFunction"], Resource: [responderArn] },
    {
      Sid: "LookAtKeys",
      Action: ["secretsmanager:DescribeSecret"],
      Resource: [arnOf(place, "secretsmanager", "secret:*")],
      // By their tag: a role of CI has no room for the ARNs of a fleet.
      Condition: { StringEquals: { [`aws:ResourceTag/${DEPLOYMENT_TAG}`]: deployment } },
    },
    // The service knows no narrower one: a list is of all secrets, by name and labels, never with values.
    { Sid: "ListKeys", Action: ["secretsmanager:ListSecrets"], Resource: ["*"] },
    {
      Sid: "ReadPolicies",
      Action: ["ssm:GetParametersByPath"],
      // As the path is sent: with no slash at its end.
      Resource: [arnOf(place, "ssm", `parameter/dualkey/${deployment}`)],
    },
  ];
}
