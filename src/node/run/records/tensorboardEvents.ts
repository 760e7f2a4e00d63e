import type { MetricPoint } from '../../../shared/run/metrics';
import { crc32c } from './crc32c';
import { bytesField, doubleField, floatField, wholeField } from './protobuf';

/**
 * What TensorBoard reads: records of `tensorflow.Event` messages with scalars as `simple_value`, as torch's SummaryWriter has them.
 * @see https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto
 * @see https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/summary.proto
 */

const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
const SUMMARY_VALUE = 1;
const VALUE = { tag: 1, simpleValue: 2 } as const;
const SESSION_STATUS = 1;
const SESSION_START = 1;
const FILE_VERSION = 'brain.Event:2';

/** What a file begins with. Whoever had read another file of the run forgets what that said. @param time ISO 8601 */
export function fileBegin(time: string): Buffer {
  const wallTime = doubleField(EVENT.wallTime, secondsOf(time));
  const start = bytesField(EVENT.sessionLog, wholeField(SESSION_STATUS, SESSION_START));
  return Buffer.concat([
    record(Buffer.concat([wallTime, bytesField(EVENT.fileVersion, FILE_VERSION)])),
    record(Buffer.concat([wallTime, start])),
  ]);
}

/** The record of a point, all its scalars in one event, rounded to float32. */
export function pointRecord({ step, time, values }: MetricPoint): Buffer {
  const summary = values.map(([{ tag }, value]) =>
    bytesField(
      SUMMARY_VALUE,
      Buffer.concat([bytesField(VALUE.tag, tag), floatField(VALUE.simpleValue, value)]),
    ),
  );
  return record(
    Buffer.concat([
      doubleField(EVENT.wallTime, secondsOf(time)),
      wholeField(EVENT.step, step),
      bytesField(EVENT.summary, Buffer.concat(summary)),
    ]),
  );
}

function secondsOf(time: string): number {
  return Date.parse(time) / 1000;
}

/**
 * A TFRecord: length, its checksum, the data, its checksum.
 * @see https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
 */
export function record(data: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, checksum(length), data, checksum(data)]);
}

const MASK_DELTA = 0xa282ead8;

/** CRC-32C, rotated by 15 bits and moved by a constant, since it may lie in data that is checked itself. */
function checksum(bytes: Buffer): Buffer {
  const crc = crc32c(bytes);
  const masked = Buffer.alloc(4);
  masked.writeUInt32LE((((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0);
  return masked;
}
