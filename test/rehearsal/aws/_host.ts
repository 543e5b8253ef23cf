/** Started by a test as a process of its own: an embedded AWS with a function that has run and is frozen. */
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { startEmbeddedAws } from "../../../rehearsal/aws/embedded-aws.ts";

const aws = await startEmbeddedAws();
aws.createFunction({ name: "probe", code: { bundle: process.argv[2] ?? "" } });
const lambda = new LambdaClient(aws.clientConfig());
const answer = await lambda.send(new InvokeCommand({ FunctionName: "probe", Payload: "{}" }));
process.stdout.write(`${answer.Payload?.transformToString()}\n`);
