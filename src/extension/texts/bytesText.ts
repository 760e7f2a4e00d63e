import * as vscode from 'vscode';
import { bytesText as bytesIn } from '../../shared/common/bytesText';

export function bytesText(bytes: number): string {
  return bytesIn(bytes, (options) => new Intl.NumberFormat(vscode.env.language, options));
}

export function countText(count: number): string {
  return new Intl.NumberFormat(vscode.env.language, { maximumFractionDigits: 0 }).format(count);
}
