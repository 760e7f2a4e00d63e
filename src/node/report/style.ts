import { heatStyle } from './heatTable';
import { Html } from './html';

const HEAT = heatStyle();

/** Contrast of text is 4.5 at least on each ground, of lines 3. */
const LIGHT = `
  color-scheme: light;
  --ground: #fff; --panel: #f6f8fa; --ink: #1f2328; --muted: #59636e; --line: #d1d9e0; --link: #0a58b0;
  --loss: #1f6fd0; --domain: #b5560d; --general: #2d7a33; --rate: #652d90; --speed: #4a5561; --warning: #895503;
  --notice: #fff4d6;
`;
const DARK = `
  color-scheme: dark;
  --ground: #0f1419; --panel: #182028; --ink: #e6edf3; --muted: #9aa6b2; --line: #35404b; --link: #6cb6ff;
  --loss: #58a6ff; --domain: #ff9a4d; --general: #56c271; --rate: #c297ff; --speed: #b4bfca; --warning: #e3b341;
  --notice: #3a2f12;
`;

/** Paper is always light. */
export const STYLE = new Html(`
:root {${LIGHT}}
@media screen and (prefers-color-scheme: dark) { :root {${DARK}} }
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 32px 24px 48px; max-width: 1080px; color: var(--ink); background: var(--ground);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1, h2, h3 { line-height: 1.25; font-weight: 650; }
h1 { margin: 0 0 6px; font-size: 30px; overflow-wrap: anywhere; }
h2 { margin: 0 0 12px; padding-top: 20px; font-size: 20px; border-top: 1px solid var(--line); }
h3 { margin: 20px 0 8px; font-size: 15px; }
p { margin: 0 0 12px; max-width: 78ch; overflow-wrap: anywhere; }
a { color: var(--link); }
code { font: 0.92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.muted { color: var(--muted); }
.eyebrow { margin: 0; font-size: 12px; letter-spacing: 0.06em; text-transform: uppercase; }
section { margin-top: 32px; }
footer { margin-top: 40px; border-top: 1px solid var(--line); padding-top: 12px; font-size: 13px; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 16px 0 0; padding: 0; list-style: none; font-size: 14px; }
.notes { margin: 8px 0; padding: 10px 14px; border-left: 3px solid var(--line); }
.notes p { margin: 4px 0 0; white-space: pre-wrap; }
.tag { margin-right: 6px; padding: 1px 8px; border: 1px solid var(--line); border-radius: 10px; font-size: 13px; }
.notice { padding: 10px 14px; border-left: 3px solid var(--warning); background: var(--notice); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); gap: 12px; margin: 0 0 20px; }
.tiles > div { padding: 12px 14px; border: 1px solid var(--line); border-radius: 8px; background: var(--panel); }
.tiles dt { font-size: 13px; }
.tiles dd { margin: 0; }
.tiles strong { display: block; font-size: 22px; font-weight: 650; font-variant-numeric: tabular-nums; }
.tiles span { font-size: 13px; font-variant-numeric: tabular-nums; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 10px 24px; margin: 0; }
.facts dt { font-size: 13px; color: var(--muted); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: 0 0 12px; }
.scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; font-size: 14px; }
th, td { padding: 5px 14px 5px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 500; }
thead th { color: var(--muted); font-size: 13px; white-space: nowrap; }
.prose { min-width: 30ch; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.heat { border-collapse: separate; border-spacing: 1px; font-size: 12px; font-variant-numeric: tabular-nums; }
.heat th, .heat td { padding: 3px 7px; border: 0; text-align: right; white-space: nowrap; }
.heat thead th { font-size: 12px; white-space: normal; vertical-align: bottom; }
.heat tbody th { min-width: 2ch; }
.heat .note { color: var(--muted); text-align: left; }
.charts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 20px 28px; margin-bottom: 8px; }
.chart { margin: 0; min-width: 0; break-inside: avoid; }
.chart.wide { grid-column: 1 / -1; }
.plot { position: relative; height: 190px; margin: 8px 14px 24px 56px; }
.wide .plot { height: 230px; }
.plot svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.plot path { fill: none; vector-effect: non-scaling-stroke; }
.grid { stroke: var(--line); stroke-width: 1; }
.baseline { stroke: var(--muted); stroke-width: 1; stroke-dasharray: 4 4; }
.line { stroke-width: 1.75; stroke-linejoin: round; }
.line.pale { stroke-width: 1; opacity: 0.4; }
.dot { stroke-width: 6; stroke-linecap: round; }
.loss { stroke: var(--loss); --key: var(--loss); }
.domain { stroke: var(--domain); --key: var(--domain); }
.general { stroke: var(--general); --key: var(--general); }
.rate { stroke: var(--rate); --key: var(--rate); }
.speed { stroke: var(--speed); --key: var(--speed); }
path.mark { stroke-width: 1.5; }
.answer { white-space: pre-wrap; overflow-wrap: anywhere; }
.mark.checkpoint { stroke: var(--muted); --key: var(--muted); }
.mark.resume { stroke: var(--ink); stroke-dasharray: 2 3; --key: var(--ink); }
.mark.remedy { stroke: var(--warning); stroke-dasharray: 6 3; --key: var(--warning); }
.mark.choice { stroke: var(--muted); stroke-dasharray: 6 3; --key: var(--muted); }
.tick { position: absolute; color: var(--muted); font-size: 12px; line-height: 1; white-space: nowrap; font-variant-numeric: tabular-nums; }
.tick.y { right: 100%; margin-right: 8px; transform: translateY(-50%); }
.tick.x { top: 100%; margin-top: 7px; transform: translateX(-50%); }
.below { display: flex; justify-content: space-between; gap: 16px; margin: 0 14px 0 56px; font-size: 12px; }
.unit { margin-left: auto; }
.key { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 0; font-size: 12px; }
.key i { display: inline-block; width: 16px; height: 0; margin-right: 6px; vertical-align: middle; border-top: 2px solid var(--key); }
.key i.pale { opacity: 0.4; }
.key i.mark { width: 0; height: 11px; border-top: 0; border-left: 2px solid var(--key); }
.key i.resume, .key i.remedy, .key i.choice { border-left-style: dashed; }
@media screen and (max-width: 720px) {
  body { padding: 20px 14px 32px; font-size: 14px; }
  h1 { font-size: 24px; }
  .charts { grid-template-columns: minmax(0, 1fr); }
  .tiles { grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 8px; }
}
@page { margin: 14mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  nav { display: none; }
  section { margin-top: 20px; }
  h2, h3 { break-after: avoid; }
  tr, .tiles > div { break-inside: avoid; }
  .scroll { overflow: visible; }
  table { font-size: 9pt; }
  .heat { font-size: 7.5pt; }
  .heat th, .heat td { padding: 1.5px 4px; }
  .heat thead th { font-size: 6.5pt; }
  .heat td, .tiles > div, .notice, .key i { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  a { color: inherit; }
}
${HEAT.light}
@media screen and (prefers-color-scheme: dark) {
${HEAT.dark}
}
`);
