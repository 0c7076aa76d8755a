// What every script here shares: its input, steps that are reported one JSON
// line each, and waiting for a condition.
import { readFileSync, writeSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

/** What the Go test hands over; see the fields of "input" in harness_test.go. */
export const input = JSON.parse(readFileSync(process.argv[2], 'utf8'));

/**
 * Runs one step and reports what the client understood. A failed step does not
 * end the script: the test wants to know about all of them.
 */
export async function step(name, work) {
  const began = performance.now();
  const report = { step: name };
  try {
    report.saw = (await work()) ?? null;
    report.ok = true;
  } catch (error) {
    report.ok = false;
    report.error = describe(error);
  }
  report.ms = Math.round(performance.now() - began);
  writeSync(1, JSON.stringify(report) + '\n');
  return report.saw;
}

function describe(error) {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? String(error);
  const parts = [error.stack ?? error.message];
  for (const key of ['statusCode', 'code', 'body', 'errorCode', 'error', 'error_description', 'cause']) {
    if (error[key] !== undefined) parts.push(`${key}: ${error[key] instanceof Error ? describe(error[key]) : JSON.stringify(error[key])}`);
  }
  return parts.join('\n');
}

/** Fails the step unless the condition holds. */
export function check(condition, message) {
  if (!condition) throw new Error(message);
}

/** Fails the step unless both are deeply the same. */
export function same(got, want, what) {
  if (!isDeepStrictEqual(got, want)) throw new Error(`${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

/** Runs work, which must fail, and gives the error. */
export async function failing(work) {
  let result;
  try {
    result = await work();
  } catch (error) {
    return error;
  }
  throw new Error(`this should have failed, and gave ${JSON.stringify(result)}`);
}

/** Asks until look gives something true, for 30 s at most. */
export async function until(what, look) {
  const limit = Date.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > limit) throw new Error(`waited 30 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
}
