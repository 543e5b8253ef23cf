import { createLogUpdate } from "log-update";
import { notesOf } from "../report/notes.ts";
import type { Stage } from "../stage.ts";
import { phasesUnder } from "../watch/phase.ts";
import { drawFrame } from "./frame.ts";
import { inSeconds, paintFor } from "./paint.ts";

/** Where a rehearsal can be watched. */
export interface Screen {
  show(stage: Stage): void;
  /** Leaves the terminal as it was found. */
  end(): void;
}

const EVERY_MS = 200;

/** A picture that moves, on a terminal; elsewhere a line for each phase. */
export function openScreen(stream: NodeJS.WriteStream): Screen {
  return stream.isTTY && process.env.TERM !== "dumb" ? openPicture(stream) : openLines(stream);
}

function openPicture(stream: NodeJS.WriteStream): Screen {
  const update = createLogUpdate(stream);
  const paint = paintFor(stream);
  let timer: NodeJS.Timeout | undefined;
  update(` ${paint("bold", "dualkey rehearsal")}  building the rotator, starting AWS and the gateway …`);
  return {
    show: (stage) => {
      const draw = () => update(drawFrame(stage, { columns: stream.columns, nowMs: Date.now(), paint }));
      draw();
      timer = setInterval(draw, EVERY_MS);
    },
    end: () => {
      clearInterval(timer);
      update.clear();
      update.done();
    },
  };
}

function openLines(stream: NodeJS.WriteStream): Screen {
  let timer: NodeJS.Timeout | undefined;
  return {
    show: ({ watch, request, world }) => {
      let shown = 0;
      const { scenario, rate } = request;
      stream.write(
        `dualkey rehearsal: ${scenario.name}, ${world.vendor.title}, ${rate} logins/s. ${notesOf({ world, request }).join(" ")}\n`,
      );
      const phases = phasesUnder(world, request.scenario.name);
      const write = () => {
        for (const { name, atMs } of watch.phases.slice(shown)) {
          const at = inSeconds(atMs - watch.startedAtMs).padStart(8);
          stream.write(`${at}  ${name.padEnd(8)}  ${phases[name] ?? ""}\n`);
          shown += 1;
        }
      };
      write();
      timer = setInterval(write, EVERY_MS);
    },
    end: () => clearInterval(timer),
  };
}
