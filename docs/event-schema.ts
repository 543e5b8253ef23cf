import { z } from "zod";
import {
  EVENT_SOURCE,
  EVENT_TYPES,
  INCIDENT_EVENT_TYPE,
  IncidentEventDetail,
  KeyEventDetail,
} from "../contract/events.ts";
import { IncidentRecord } from "../contract/incident-record.ts";

/** The JSON schema of the `detail` of an event about a key. */
export function eventSchema(): string {
  return schemaBlock("KeyEventDetail", KeyEventDetail);
}

/** The JSON schema of the `detail` of an event about an incident. */
export function incidentEventSchema(): string {
  return schemaBlock("IncidentEventDetail", IncidentEventDetail);
}

/** The JSON schema of an incident's record. */
export function incidentRecordSchema(): string {
  return schemaBlock("IncidentRecord", IncidentRecord);
}

/**
 * A JSON schema, as a block of a page. It is open, as fields may be added, and leaves out how a time is checked, and how far
 * a number of JavaScript goes.
 */
function schemaBlock(title: string, of: z.ZodType): string {
  const { $schema, ...schema } = z.toJSONSchema(of, {
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
      if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  const titled = { $schema, title, ...schema };
  return `\`\`\`json\n${JSON.stringify(titled, null, 2)}\n\`\`\``;
}

/** The pattern of a rule that matches every event. */
export function eventPattern(): string {
  const pattern = { source: [EVENT_SOURCE], "detail-type": [...EVENT_TYPES, INCIDENT_EVENT_TYPE] };
  return `\`\`\`json\n${JSON.stringify(pattern, null, 2)}\n\`\`\``;
}
