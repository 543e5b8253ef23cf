import { Fn, Token } from "cdktf";
import { EVENT_SOURCE } from "../contract/events.ts";
import { arnOf, type Place } from "./_place.ts";
import { type Statement, statementOn } from "./_policy-document.ts";
import type { ConsumerAccess } from "./consumer.ts";

/** Lists what it takes to start consumers anew, to see that they have been, and to read what they report. */
export function buildConsumerStatements(consumers: readonly ConsumerAccess[], place: Place): Statement[] {
  const kmsKeyArns = consumers.flatMap(({ kmsKeyArn }) => kmsKeyArn ?? []);
  return [
    // No iam:PassRole: a forced deployment names neither a role nor a task definition. Unconfirmed in AWS's documentation; in
    // https://github.com/keidarcy/e1s/issues/429 an update that names neither is allowed without it.
    ...statementOn(servicesOf(consumers, place), {
      Sid: "RollServices",
      Action: ["ecs:DescribeServices", "ecs:ListServiceDeployments", "ecs:UpdateService"],
    }),
    ...statementOn(functionsOf(consumers, place), {
      Sid: "RollFunctions",
      Action: ["lambda:GetFunctionConfiguration", "lambda:ListAliases", "lambda:UpdateFunctionConfiguration"],
    }),
    // Decrypt is there "to view and manage environment variables", Encrypt "to configure a customer managed key on a
    // function" (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html). Unconfirmed: whether an
    // update that leaves the key as it is needs Encrypt.
    ...statementOn(kmsKeyArns, {
      Sid: "UseEnvironmentKeys",
      Action: ["kms:Decrypt", "kms:Encrypt"],
      Condition: { StringEquals: { "kms:ViaService": `lambda.${place.region}.${place.dnsSuffix}` } },
    }),
    ...readReports(consumers),
  ];
}

/**
 * Lists what it takes to tell of a phase: on the default bus, as dualkey alone. The key has many values, one for each event
 * of a call: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-example-policy-cross-account-custom-bus-source.html
 */
export function buildAnnounceStatement(place: Place): Statement {
  return {
    Sid: "Announce",
    Action: ["events:PutEvents"],
    Resource: [arnOf(place, "events", "event-bus/default")],
    Condition: { "ForAllValues:StringEquals": { "events:source": EVENT_SOURCE } },
  };
}

/**
 * The service knows neither a resource nor a condition for it: `cloudwatch:namespace` is of `PutMetricData` alone.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
 */
function readReports(consumers: readonly ConsumerAccess[]): Statement[] {
  if (!consumers.some(({ reports }) => reports)) return [];
  return [{ Sid: "ReadReports", Action: ["cloudwatch:GetMetricData"], Resource: ["*"] }];
}

function servicesOf(consumers: readonly ConsumerAccess[], place: Place): string[] {
  return consumers.flatMap(({ service: one }) => {
    if (one === undefined) return [];
    const { cluster, service } = one;
    if (isKnownArn(service)) return service;
    return arnOf(place, "ecs", `service/${behindLastSlash(cluster)}/${behindLastSlash(service)}`);
  });
}

function functionsOf(consumers: readonly ConsumerAccess[], place: Place): string[] {
  return consumers.flatMap(({ functionName: name }) => {
    if (name === undefined) return [];
    return isKnownArn(name) ? name : arnOf(place, "lambda", `function:${nameOfFunction(name)}`);
  });
}

function isKnownArn(text: string): boolean {
  return !Token.isUnresolved(text) && text.startsWith("arn:");
}

/** The name in a name or an ARN. Terraform's `basename` leaves a name as it is. */
function behindLastSlash(nameOrArn: string): string {
  return Token.isUnresolved(nameOrArn) ? Fn.basename(nameOrArn) : nameOrArn.replace(/^.*\//, "");
}

/** The seventh part of an ARN; and of a name, for `element` begins again where a list is at its end. */
function nameOfFunction(nameOrArn: string): string {
  return Token.isUnresolved(nameOrArn) ? Token.asString(Fn.element(Fn.split(":", nameOrArn), 6)) : nameOrArn;
}
