import { toCsv } from '../../shared/heatmap/valueTable';
import { metricColumns, metricHeadings, MetricPoints, metricRows } from '../../shared/run/metrics';
import { eventsOfLog } from './eventsOfLog';

/**
 * The curves of a run in full precision, as metrics.csv has them: a row for each step that counts, by ascending step.
 * @param file events.ndjson
 * @throws the file system's error when it exists and cannot be read
 */
export async function curvesCsv(file: string): Promise<string> {
  const metrics = new MetricPoints();
  await eventsOfLog(file, (event) => {
    metrics.add(event);
  });
  const columns = metricColumns(metrics.points);
  return toCsv({ headings: metricHeadings(columns), rows: metricRows(metrics.points, columns) });
}
