import { toCsv } from '../../shared/heatmap/valueTable';
import { METRIC_HEADINGS, MetricPoints, metricRows } from '../../shared/run/metrics';
import { GrowingFile, type Lines } from '../files/growingFile';
import { parseEventLine } from './eventParser';

/**
 * The curves of a run in full precision, as metrics.csv has them: a row for each step that counts, by ascending step.
 * @param file events.ndjson; lines that are no events are passed over, as the page does that shows the curves
 * @throws the file system's error when it exists and cannot be read
 */
export async function curvesCsv(file: string): Promise<string> {
  const metrics = new MetricPoints();
  const log = new GrowingFile(file);
  await log.open();
  try {
    for (let lines = await log.next(); lines !== undefined; lines = await log.next()) {
      addLines(metrics, lines);
    }
  } finally {
    await log.close();
  }
  return toCsv({ headings: METRIC_HEADINGS, rows: metricRows(metrics.points) });
}

function addLines(metrics: MetricPoints, { bytes, end }: Lines): void {
  for (let begin = 0; begin < end;) {
    const newline = bytes.indexOf(0x0a, begin);
    const parsed = parseEventLine(bytes.toString('utf8', begin, newline));
    if ('event' in parsed) {
      metrics.add(parsed.event);
    }
    begin = newline + 1;
  }
}
