import { z } from "zod";
import { EVENT_SOURCE, EVENT_TYPES, KeyEventDetail } from "../contract/events.ts";

/**
 * The JSON schema of an event's `detail`, as a block of a page. It is open, as fields may be added, and leaves out how a
 * time is checked.
 */
export function eventSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(KeyEventDetail, {
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
      delete jsonSchema.pattern;
    },
  });
  const titled = { $schema, title: "KeyEventDetail", ...schema };
  return `\`\`\`json\n${JSON.stringify(titled, null, 2)}\n\`\`\``;
}

/** The pattern of a rule that matches every event. */
export function eventPattern(): string {
  const pattern = { source: [EVENT_SOURCE], "detail-type": EVENT_TYPES };
  return `\`\`\`json\n${JSON.stringify(pattern, null, 2)}\n\`\`\``;
}
